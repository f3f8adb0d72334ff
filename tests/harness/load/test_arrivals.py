"""When arrivals are due."""

from __future__ import annotations

import itertools
import statistics
from pathlib import Path
from typing import Any

import pytest

from promdrill.contract.load_shape import Arrivals
from promdrill.errors import LoadError
from promdrill.load.arrivals import due_times

NOWHERE = Path()


def due(data: dict[str, Any], until: float, seed: str = "1") -> list[float]:
    """Return the arrivals of drill.yml's data that are due before a time."""
    times = due_times(Arrivals.model_validate(data), seed, NOWHERE)
    return list(itertools.takewhile(lambda time: time < until, times))


def test_even() -> None:
    """A constant rate is so many a second, evenly, from the first moment."""
    assert due({"rate": 4}, 1) == pytest.approx([0, 0.25, 0.5, 0.75])


def test_ramp() -> None:
    """On a ramp there are as many as lie below it, and they come closer and closer."""
    times = due({"stages": [{"for": "10s", "to": 20}, {"for": "1s", "at": 0}]}, 100)
    assert len(times) == 100
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert gaps == sorted(gaps, reverse=True)


def test_spike() -> None:
    """Steps hold their own numbers: 10 a second, then 100, then 10 again."""
    times = due({"stages": [{"for": 2, "at": 10}, {"for": 1, "at": 100}, {"for": 2, "at": 10}]}, 5)
    assert [sum(low <= time < high for time in times) for low, high in ((0, 2), (2, 3), (3, 5))] == [20, 100, 20]


def test_independent() -> None:
    """Poisson arrivals have the rate, gaps as spread as their mean, and are the same for the same seed alone."""
    times = due({"rate": 50, "spacing": "poisson"}, 200)
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert len(times) == pytest.approx(10_000, rel=0.04)
    assert statistics.stdev(gaps) == pytest.approx(statistics.mean(gaps), rel=0.05)
    assert times == due({"rate": 50, "spacing": "poisson"}, 200)
    assert times != due({"rate": 50, "spacing": "poisson"}, 200, seed="2")


def test_replayed(tmp_path: Path) -> None:
    """A recorded log is replayed to the letter."""
    (tmp_path / "log").write_text("# seconds\n0.5\n\n0.5\n2.25  # late\n")
    arrivals = Arrivals.model_validate({"replay": "log"})
    assert list(due_times(arrivals, "1", tmp_path)) == [0.5, 0.5, 2.25]


@pytest.mark.parametrize(
    ("text", "said"),
    [("1\nsoon\n", ":2: 'soon' is not a time"), ("2\n1\n", ":2: '1' is not a time"), ("#\n", "no arrivals")],
)
def test_bad_log(tmp_path: Path, text: str, said: str) -> None:
    """A log that is none is refused with the line."""
    (tmp_path / "log").write_text(text)
    with pytest.raises(LoadError, match=said):
        list(due_times(Arrivals.model_validate({"replay": "log"}), "1", tmp_path))


def test_no_log(tmp_path: Path) -> None:
    """A log that is not there is named."""
    with pytest.raises(LoadError, match="cannot be read"):
        list(due_times(Arrivals.model_validate({"replay": "log"}), "1", tmp_path))
