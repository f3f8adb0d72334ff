from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.gate import gate
from promdrill.load.meter import Latencies
from promdrill.model import Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence


def process(due: int = 0, dropped: int = 0, late: float = 0.001, cpu: float = 0.2) -> dict[str, Any]:
    """Return what one process of the load told: arrivals, each handed over so late, and one sample a second."""
    lag = Latencies()
    for _ in range(due):
        lag.record(late)
    # The run's clock begins at its start: the baseline is from 2 s to 6 s, the drain from 18 s on.
    samples = [{"at": second + 0.5, "cpu": cpu if 2 <= second < 18 else 5.0, "late": 0.0} for second in range(21)]
    arrivals = {"BuyUser": {"due": due, "dropped": dropped, "lag": lag.pack()}}
    return {"pid": 1, "samples": samples, "arrivals": arrivals}


def told(*processes: dict[str, Any], lost: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the report of a load of these processes."""
    return {"processes": {f"worker {number}": one for number, one in enumerate(processes)}, "lost": list(lost)}


OPEN = {"load": {"BuyUser": {"users": 2, "arrivals": {"rate": 10}, "count": 3}}}
ALLOWED = {**OPEN, "gate": {"dropped": 0.1, "lag": "2s", "cpu": 3}}
RUNS: dict[str, dict[str, Any]] = {
    "closed": {"load_report": told(process())},
    "open": {"drill": OPEN, "load_report": told(process(100), process(60))},
    "dropped": {"drill": OPEN, "load_report": told(process(100), process(60, dropped=1))},
    "late": {"drill": OPEN, "load_report": told(process(100, late=0.2))},
    "nothing due": {"drill": OPEN, "load_report": told(process())},
    "busy": {"load_report": told(process(cpu=0.99), process())},
    "lost": {"load_report": told(process(), lost=("worker 1",))},
    "allowed": {"drill": ALLOWED, "load_report": told(process(100, dropped=10, late=1, cpu=2.5))},
    "short": {"drill": OPEN, "short": True, "load_report": told(process())},
}


def generator(*cpu: float, status: Status = Status.PASSED, lost: tuple[str, ...] = ()) -> Facts:
    """Return a result about the processes of the load, which used so much of a core each."""
    used = {f"worker {number}": one for number, one in enumerate(cpu)}
    return Facts("load", "generator", status, {"cpu": used, "lost": list(lost)})


def arrivals(due: int, dropped: int, lag: float, status: Status = Status.PASSED) -> Facts:
    """Return a result about the arrivals of the users."""
    numbers = {"due": due, "dropped": dropped, "lag_p99": pytest.approx(lag, rel=0.001)}
    return Facts("load", "arrivals of BuyUser", status, numbers)


INCONCLUSIVE = Status.INCONCLUSIVE
EXPECTED: dict[str, list[Facts]] = {
    "closed": [generator(0.2)],
    "open": [generator(0.2, 0.2), arrivals(160, 0, 0.001)],
    "dropped": [generator(0.2, 0.2), arrivals(160, 1, 0.001, INCONCLUSIVE)],
    "late": [generator(0.2), arrivals(100, 0, 0.2, INCONCLUSIVE)],
    "nothing due": [generator(0.2), arrivals(0, 0, 0.0, INCONCLUSIVE)],
    "busy": [generator(0.99, 0.2, status=INCONCLUSIVE)],
    "lost": [generator(0.2, status=INCONCLUSIVE, lost=("worker 1",))],
    "allowed": [generator(2.5), arrivals(100, 10, 1.0)],
    "short": [generator(0.2)],
}


@pytest.mark.parametrize("name", RUNS)
def test_gate(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """A load that could not do what was asked of it is inconclusive, and says why; one that could passes."""
    assert facts(gate(evidence_of(name))) == EXPECTED[name]
