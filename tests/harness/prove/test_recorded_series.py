from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promdrill.alerts.states import Interval
from promdrill.evidence.prometheus_api import Series
from promdrill.prove.errors import OutOfReachError
from promdrill.prove.recorded_series import Recording, Span
from promdrill.prove.series import Kind, Motion

if TYPE_CHECKING:
    from collections.abc import Sequence

START = 1_700_000_000.0
WITHIN = Interval(START + 10, START + 20)
SPAN = Span(WITHIN, WITHIN)
KINDS = {"jobs_total": "counter", "took_seconds_bucket": "histogram", "open": "gauge"}


def recorded(name: str, values: Sequence[float | None], *called: str) -> Recording:
    """Return what was recorded of one series, second by second from the start."""
    points = tuple((START + second, value) for second, value in enumerate(values) if value is not None)
    return Recording((Series(name, (("model", "a"),), points),), frozenset(called), KINDS, 1.0)


def moved(found: Recording, begins: float = 0.0) -> Motion | None:
    """Return how the one series moved in the span."""
    return found.motions(SPAN, begins).get(frozenset({("__name__", next(iter(found.series)).name), ("model", "a")}))


def counted(name: str, values: Sequence[float | None]) -> Motion | None:
    """Return the motion of a counter."""
    return moved(recorded(name, values, "rate"))


def test_counter() -> None:
    """A counter goes on at its mean rate per real second of the span, whatever it was before."""
    assert counted("jobs_total", [100 + 3 * second for second in range(30)]) == Motion(Kind.COUNTER, 3.0)


def test_counter_within_the_span() -> None:
    """A rate is extrapolated to edges that are near, as Prometheus does it: the scrapes need not fall on them."""
    values = [None if second in {10, 20} else 2.0 * second for second in range(30)]
    assert counted("took_seconds_bucket", values) == Motion(Kind.COUNTER, 2.0)


def test_counter_that_grew_at_once() -> None:
    """What was counted before the first scrape of the span, and after the one before it, belongs to the span."""
    values = [None if second == 10 else float(second > 10) for second in range(30)]
    assert counted("jobs_total", values) == Motion(Kind.COUNTER, 1 / 11)


def test_counter_resets() -> None:
    """A counter that begins again from 0 has grown by what it shows then."""
    values = [2.0 * second if second < 15 else 2.0 * (second - 15) for second in range(30)]
    assert counted("jobs_total", values) == Motion(Kind.COUNTER, 1.8)


def test_counter_that_is_born() -> None:
    """A counter that appears in the span counts for as long as it was there, and no longer."""
    values = [None if second < 16 else 10.0 * (second - 16) for second in range(30)]
    assert counted("jobs_total", values) == Motion(Kind.COUNTER, 4.5)


def test_counter_seen_once() -> None:
    """One sample has no rate: the counter is there, and stands."""
    assert counted("jobs_total", [*[None] * 20, 7.0]) == Motion(Kind.COUNTER, 0.0)


def test_gauge() -> None:
    """A gauge stays at its mean."""
    assert moved(recorded("open", [second % 2 * 10 for second in range(30)])) == Motion(Kind.LEVEL, 50 / 11)


def test_gauge_that_does_not_move() -> None:
    """A gauge that stands keeps its very value: no rounding makes 0 of it something else."""
    assert moved(recorded("open", [0.1] * 30, "max_over_time")) == Motion(Kind.LEVEL, 0.1)


def test_gauge_with_a_slope() -> None:
    """Where the rule follows slopes a gauge goes on along its line, from the level that it had."""
    falling = recorded("open", [1000.0 - 5 * second for second in range(30)], "predict_linear")
    assert moved(falling, begins=600.0) == Motion(Kind.LEVEL, 950.0 + 3000.0, -5.0)


def test_time_that_is_renewed() -> None:
    """A time that is renewed keeps its age by the clock of virtual time."""
    assert moved(recorded("last_seconds", [START + second - 2 for second in range(30)], "time")) == Motion(
        Kind.LEVEL, -2.0, 1.0
    )


def test_time_that_stands() -> None:
    """A time that is renewed no more stands, and had its age when the span began."""
    assert moved(recorded("last_seconds", [START + 7] * 30, "time"), begins=600.0) == Motion(Kind.LEVEL, 597.0)


def test_absent() -> None:
    """A series without a sample in the span is not there."""
    assert moved(recorded("open", [1.0] * 9)) is None


@pytest.mark.parametrize(
    ("called", "why"),
    [
        ("changes", "changes() depends on single samples of open, but the record has their means"),
        ("time", "it reads the clock (time()), and open is not a time that could move with it"),
    ],
)
def test_out_of_reach(called: str, why: str) -> None:
    """What a mean cannot tell, or no clock moves, is named."""
    with pytest.raises(OutOfReachError) as raised:
        moved(recorded("open", [float(second) for second in range(30)], called))
    assert str(raised.value) == why
