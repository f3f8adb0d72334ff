from __future__ import annotations

import math

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promdrill.durations import notation, seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("250ms", 0.25),
        ("5s", 5),
        ("5m", 300),
        ("1h30m", 5400),
        ("1d", 86_400),
        ("1w", 604_800),
        ("1y", 31_536_000),
        ("1m1s1ms", 61.001),
        ("0s", 0),
        ("0", 0),
        ("300", 300),
        ("0.5", 0.5),
        (5, 5),
        (0.25, 0.25),
    ],
)
def test_seconds(text: object, expected: float) -> None:
    """A duration in Prometheus' notation, or a number of seconds, is that many seconds."""
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "0x10", "5 m", "1m1h", "-5m", "1.5h", "5q", "five minutes", True, None, [5]])
def test_no_duration(text: object) -> None:
    """What Prometheus would refuse is refused, with words that say how it is written."""
    with pytest.raises(ValueError, match=r"^a duration is written like 250ms, 5s, 5m or 1h30m$"):
        seconds(text)


@pytest.mark.parametrize("value", ["293y", "inf", math.inf, 1e300])
def test_endless_duration(value: object) -> None:
    """What Prometheus could not count is refused."""
    with pytest.raises(ValueError, match=r"^a duration is at most 292y$"):
        seconds(value)


@given(st.integers(min_value=0, max_value=10**12))
def test_round_trip(milliseconds: int) -> None:
    """Every whole number of milliseconds is read back as it was written."""
    assert round(seconds(notation(milliseconds / 1000)) * 1000) == milliseconds


@pytest.mark.parametrize(
    ("value", "expected"), [(0, "0s"), (0.0001, "1ms"), (0.0014, "1ms"), (0.25, "250ms"), (90, "1m30s"), (300, "5m")]
)
def test_notation(value: float, expected: str) -> None:
    """Seconds are written rounded to the millisecond; what is not 0 stays above it."""
    assert notation(value) == expected


@given(st.integers(min_value=1, max_value=10**7))
def test_whole_seconds_agree_with_the_library(count: int) -> None:
    """What promql-parser reads of whole seconds is what we read."""
    text = notation(count)
    assert promql_parser.parse_duration(text).total_seconds() == seconds(text)


def test_library_still_refuses_nothing() -> None:
    """The reason for reading durations ourselves: promql-parser takes no `0s`. When it does, use it."""
    with pytest.raises(ValueError, match="greater than 0"):
        promql_parser.parse_duration("0s")
