from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from promdrill.checks.gate import gate
from promdrill.load.meter import Latencies
from promdrill.model import Status

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
PROCESSES = ("generator", Status.PASSED, "no process of the load used more than 20% of a core")
EXPECTED: dict[str, list[tuple[str, Status, str]]] = {
    "closed": [PROCESSES],
    "open": [
        PROCESSES,
        (
            "arrivals of BuyUser",
            Status.PASSED,
            "160 arrivals due, 0 dropped, handed over 1.0 ms late at most in 99 of 100",
        ),
    ],
    "dropped": [
        PROCESSES,
        (
            "arrivals of BuyUser",
            Status.INCONCLUSIVE,
            "BuyUser: 1 of 160 arrivals found none of 2 users free within 1 s and were dropped",
        ),
    ],
    "late": [
        PROCESSES,
        (
            "arrivals of BuyUser",
            Status.INCONCLUSIVE,
            "BuyUser: the generator itself handed arrivals over 200.1 ms late (99th percentile), its budget is 100 ms",
        ),
    ],
    "nothing due": [PROCESSES, ("arrivals of BuyUser", Status.INCONCLUSIVE, "BuyUser: no arrival came due")],
    "busy": [
        (
            "generator",
            Status.INCONCLUSIVE,
            (
                "1 of 2 processes of the load used 99% of a core, the budget of each is 95%: what they waited for may"
                " have been themselves"
            ),
        )
    ],
    "lost": [
        (
            "generator",
            Status.INCONCLUSIVE,
            "lost in mid-run: worker 1; what a lost process of the load saw last, nobody knows",
        )
    ],
    "allowed": [
        ("generator", Status.PASSED, "no process of the load used more than 250% of a core"),
        (
            "arrivals of BuyUser",
            Status.PASSED,
            "100 arrivals due, 10 dropped, handed over 1000.4 ms late at most in 99 of 100",
        ),
    ],
    "short": [PROCESSES],
}


@pytest.mark.parametrize("name", RUNS)
def test_gate(evidence_of: Callable[[str], Evidence], name: str) -> None:
    """A load that could not do what was asked of it is inconclusive, and says why; one that could passes."""
    results = list(gate(evidence_of(name)))
    assert [(result.subject, result.status, result.message) for result in results] == EXPECTED[name]
    assert all(result.kind == "load" for result in results)
    assert [bool(result.remedy) for result in results] == [result.status is not Status.PASSED for result in results]
