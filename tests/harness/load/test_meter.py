"""Histograms of a load, and that those of several processes add up to one."""

from __future__ import annotations

import json

import pytest
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]  # it has no types
from hypothesis import given
from hypothesis import strategies as st

from promdrill.load.meter import Latencies, Meter

SECONDS = st.lists(st.floats(0.0001, 100), min_size=1, max_size=50)


def latencies(values: list[float]) -> Latencies:
    """Return a distribution of these seconds."""
    one = Latencies()
    for value in values:
        one.record(value)
    return one


@given(SECONDS, st.floats(1, 100))
def test_three_figures(values: list[float], percent: float) -> None:
    """A percentile is a value that was recorded, to three figures."""
    seen = latencies(values).percentile(percent)
    assert any(seen == pytest.approx(value, rel=2e-3, abs=2e-6) for value in values)


@given(SECONDS, SECONDS)
def test_sum(one: list[float], other: list[float]) -> None:
    """Two distributions added are the distribution of all values, also when they were packed."""
    both = latencies(one)
    both.add(Latencies.unpack(latencies(other).pack()))
    assert both.pack() == latencies([*one, *other]).pack()


@given(SECONDS)
def test_an_hdr_histogram(values: list[float]) -> None:
    """It is the HdrHistogram of the values in microseconds, packed as any other would pack it."""
    plain = HdrHistogram(1, 3_600_000_000, 3)
    for value in values:
        plain.record_value(int(value * 1e6 + 0.5))
    assert latencies(values).pack() == plain.encode().decode()


def test_bounds() -> None:
    """What is too short or too long to be told apart counts all the same."""
    one = latencies([0.0, 1e-9, 1e9])
    assert one.count == 3
    assert one.percentile(100) == pytest.approx(3600, rel=1e-3)


def test_nothing() -> None:
    """Nothing recorded has no mean, and asks for no exception."""
    assert (Latencies().count, Latencies().mean, Latencies().percentile(99)) == (0, 0.0, 0.0)


def test_meter() -> None:
    """Requests are measured by class and action, from when they were due and from when they were sent."""
    rows = [
        {"user": "Buyer", "action": "buy", "outcome": "ok", "due": 1.0, "started": 1.5, "finished": 2.0},
        {"user": "Buyer", "action": "buy", "outcome": "error", "due": 3.0, "started": 3.0, "finished": 3.1},
        {"user": "Buyer", "action": "look", "outcome": "ok", "started": 4.0, "finished": 4.2},
    ]
    parts = [Meter(), Meter()]
    for number, row in enumerate(rows):
        parts[number % 2].note(row)
    whole = Meter()
    for part in parts:
        whole.add(Meter.unpack(json.loads(json.dumps(part.pack()))))
    buy = whole.kinds["Buyer", "buy"]
    assert (buy.requests, buy.failures) == (2, 1)
    assert buy.service.percentile(100) == pytest.approx(0.5, rel=1e-3)
    assert buy.intended.percentile(100) == pytest.approx(1.0, rel=1e-3)
    assert whole.kinds["Buyer", "look"].intended.mean == pytest.approx(0.2, rel=1e-3)
