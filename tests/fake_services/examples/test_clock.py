from __future__ import annotations

import time

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from promdrill_fakes.clock import Clock

rates = st.floats(0.01, 10_000)


@given(rates)
def test_now_is_real_time_by_the_rate(rate: float) -> None:
    """A clock of rate r tells r times the seconds of the monotonic clock."""
    before = time.monotonic()
    now = Clock(rate).now()
    assert before * rate <= now <= time.monotonic() * rate


@given(rates, rates)
def test_time_starts_at_the_real_time_and_runs_at_the_rate_of_the_calendar(rate: float, calendar_rate: float) -> None:
    """The epoch time is real when the clock is made, and from there runs `calendar_rate` times as fast."""
    earliest, began = time.time(), time.monotonic()
    clock = Clock(rate, calendar_rate)
    latest, made = time.time(), time.monotonic()
    before = time.monotonic()
    shown = clock.time()
    after = time.monotonic()
    rounding = 1e-6 * (1 + calendar_rate)  # of a number as large as the epoch's seconds, or an uptime at this rate
    assert earliest + (before - made) * calendar_rate - rounding <= shown
    assert shown <= latest + (after - began) * calendar_rate + rounding


@given(st.floats(0, 2))
def test_a_sleep_is_never_measured_shorter_than_it_was_asked_for(seconds: float) -> None:
    """A sleeper wakes once the clock shows at least the seconds asked for, whatever the event loop rounds."""

    async def slept() -> float:
        clock = Clock(1000)
        start = clock.now()
        await clock.sleep(seconds)
        return clock.now() - start

    assert uvloop.run(slept()) >= seconds


@pytest.mark.parametrize("rate", [0, -1, float("inf"), float("nan")])
@pytest.mark.parametrize("name", ["rate", "calendar_rate"])
def test_a_rate_is_a_positive_number(name: str, rate: float) -> None:
    """A clock that would stand still, or run backwards, is refused."""
    with pytest.raises(ValueError, match="must be a positive number"):
        Clock(**{name: rate})
