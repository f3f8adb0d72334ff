from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.load_threshold import load_threshold
from promdrill.model import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence
    from tests.words import FactsOf


def request(number: int, due: float, waited: float, outcome: str = "ok", **columns: Any) -> dict[str, Any]:  # noqa: ANN401 - what a ledger holds
    """Return a request that was sent 0.1 s after it was due, and answered so many seconds after it was sent."""
    times = {"due": due, "started": due + 0.1, "finished": due + 0.1 + waited}
    row = {"user": "BuyUser", "turn": number, "trace": str(number), "outcome": outcome, "action": "buy"}
    return {**row, **times, **columns}


# The baseline is from 2 s to 6 s. Twenty requests in it, the slowest 0.5 s; one before it and one after, both failed.
HEALTHY = [request(number, 2 + number * 0.15, 0.5 if number == 0 else 0.2) for number in range(20)]
AROUND = [request(20, 1.5, 0.1, "error"), request(21, 5.9, 0.2, "error")]
FAILING = [request(30, 3, 0.2, "error", action="look"), request(31, 3, 0.2, action="look")]
ARRIVALS = {"processes": {"local": {"samples": [], "arrivals": {"BuyUser": {"due": 40, "dropped": 2, "lag": ""}}}}}


def run(*thresholds: str | dict[str, Any], rows: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return a run that is held to thresholds."""
    users = {"users": 2, "arrivals": {"rate": 5}, "count": 1, "tags": {"tier": "gold"}}
    written = [{"that": one} if isinstance(one, str) else one for one in thresholds]
    return {
        "drill": {"load": {"BuyUser": users}, "thresholds": written},
        "ledgers": {"client": [*HEALTHY, *AROUND, *FAILING] if rows is None else rows},
        "load_report": ARRIVALS,
    }


RUNS: dict[str, dict[str, Any]] = {
    "none": run(),
    "latencies": run("p(50) <= 301ms", "p(50) < 299ms", "max < 601ms", "max < 599ms", "min > 299ms", "avg < 0.32s"),
    "from when it was sent": run({"that": "p(50) < 201ms", "latency": "service"}),
    "failures": run("rate(failures) < 5%", "rate(failures) < 4%", "count(failures) <= 1"),
    "counts": run("count(requests) >= 22", "rps > 5.4", "rps > 5.6"),
    "dropped": run("count(dropped) <= 2", "rate(dropped) < 5%"),
    "by action": run({"that": "rate(failures) < 1%", "of": {"action": "buy"}}),
    "by tag": run({"that": "count(requests) > 21", "of": {"tier": "gold"}}),
    "of nobody": run({"that": "count(requests) > 0", "of": {"action": "bye"}}),
    "short": {**run("max < 1ms"), "short": True},
    "under way at the end": {
        **run("max < 10s", "count(requests) < 21", rows=[*HEALTHY, *AROUND, request(22, 5, 11), request(23, 6.1, 0.1)]),
        "phases": {"warm-up": (0, 2), "baseline": (2, 6), "drain": (6, 20)},
    },
    "ended early": {
        **run("rate(failures) < 10%", "max < 1s"),
        "aborted": {"threshold": "rate(failures) < 10%", "value": 0.25, "after": 3.96},
    },
}
PASSED, FAILED, INCONCLUSIVE = Status.PASSED, Status.FAILED, Status.INCONCLUSIVE
EXPECTED: dict[str, list[tuple[Status, float | None]]] = {
    "none": [],
    "latencies": [
        (PASSED, 0.300031),
        (FAILED, 0.300031),
        (PASSED, 0.600063),
        (FAILED, 0.600063),
        (PASSED, 0.299776),
        (PASSED, 0.313636),
    ],
    "from when it was sent": [(PASSED, 0.200063)],
    "failures": [(PASSED, 0.045455), (FAILED, 0.045455), (PASSED, 1)],
    "counts": [(PASSED, 22), (PASSED, 5.5), (FAILED, 5.5)],
    "dropped": [(PASSED, 2), (FAILED, 0.05)],
    "by action": [(PASSED, 0)],
    "by tag": [(PASSED, 22)],
    "of nobody": [(INCONCLUSIVE, None)],
    "short": [],
    "under way at the end": [(FAILED, 11.100159), (FAILED, 22)],
    "ended early": [(FAILED, 0.045455), (PASSED, 0.600063)],
}


@pytest.mark.parametrize("name", RUNS)
def test_load_threshold(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """A threshold is judged on what was due in the baseline and answered before the next phase; the drain is none."""
    results = facts(load_threshold(evidence_of(name)))
    assert [(result.status, result.evidence.get("value")) for result in results] == EXPECTED[name]
    assert all(result.kind == "load" for result in results)
