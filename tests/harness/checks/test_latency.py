from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.latency import latency
from promdrill.model import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence
    from tests.words import FactsOf

WITNESS = {"ledger": "ollama", "where": {"route": "chat"}, "by": {"model": "model"}}
METRIC = {
    "type": "histogram",
    "labels": {"model": ["m"]},
    "buckets": [0.1, 0.2, 0.4],
    "source": "doc:1",
    "witness": WITNESS,
}
CONTRACT = {"metrics": {"call_seconds": METRIC}}


def calls(*served: float) -> dict[str, list[dict[str, Any]]]:
    """Return the ledgers of calls that took so long, each within a request that was due 0.1 s before it was sent."""
    clients, fakes = [], []
    for number, seconds in enumerate(served):
        trace, start = str(number), 2.5 + number * 0.1
        times = {"due": start - 0.1, "started": start, "finished": start + seconds + 0.02}
        clients.append(
            {"user": "BuyUser", "action": "buy", "trace": trace, "operation": trace, "outcome": "ok", **times}
        )
        call = {"route": "chat", "model": "m", "trace": trace, "operation": f"call {number}", "fault": None}
        fakes.append({**call, "started": start + 0.01, "finished": start + 0.01 + seconds})
    return {"client": clients, "ollama": fakes}


def exposed(*counts: int, total: float) -> dict[str, list[float | None]]:
    """Return series of a histogram that has these cumulative counts, and this sum, from the baseline on."""
    bounds = ("0.1", "0.2", "0.4", "+Inf")
    numbers = {
        f'call_seconds_bucket{{model="m",le="{bound}"}}': count for bound, count in zip(bounds, counts, strict=True)
    }
    numbers |= {'call_seconds_count{model="m"}': counts[-1], 'call_seconds_sum{model="m"}': total}
    return {"up": [1] * 21, **{series: [0.0] * 4 + [float(count)] * 17 for series, count in numbers.items()}}


FOUR = (0.05, 0.15, 0.15, 0.3)
RUNS: dict[str, dict[str, Any]] = {
    "true": {"ledgers": calls(*FOUR), "series": exposed(1, 3, 4, 4, total=0.65)},
    "too long": {"ledgers": calls(*FOUR), "series": exposed(0, 0, 4, 4, total=0.65)},
    "too short": {"ledgers": calls(*FOUR), "series": exposed(4, 4, 4, 4, total=0.65)},
    "another count": {"ledgers": calls(*FOUR), "series": exposed(1, 3, 5, 5, total=0.65)},
    "short": {"short": True, "ledgers": calls(*FOUR), "series": exposed(0, 0, 4, 4, total=0.65)},
}
CLIENTS = ("latency of BuyUser: buy", Status.PASSED, None)
CALLS = 'latency of call_seconds{model="m"}'
# What Prometheus estimates as the median, where it is asked.
EXPECTED: dict[str, list[tuple[str, Status, Any]]] = {
    "true": [CLIENTS, (CALLS, Status.PASSED, pytest.approx(0.15))],
    "too long": [CLIENTS, (CALLS, Status.FAILED, pytest.approx(0.3))],
    "too short": [CLIENTS, (CALLS, Status.FAILED, pytest.approx(0.05))],
    "another count": [CLIENTS],
    "short": [],
}


@pytest.mark.parametrize("name", RUNS)
def test_latency(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """An estimate within its bucket passes, and what is beyond that is called the app's."""
    results = facts(latency(evidence_of(name)))
    medians = [result.evidence["quantiles"]["p50"].get("prometheus") for result in results]
    assert [(one.subject, one.status, p50) for one, p50 in zip(results, medians, strict=True)] == EXPECTED[name]


def test_sources(evidence_of: Callable[[str], Evidence]) -> None:
    """Each source says its own: due, sent, served, estimated, and what the buckets cost."""
    *_, result = latency(evidence_of("true"))
    p50 = {source: pytest.approx(value, abs=1e-6) for source, value in result.evidence["quantiles"]["p50"].items()}
    assert p50 == {
        "intended": 0.27,
        "service": 0.17,
        "ledger": 0.15,
        "prometheus": 0.15,
        "bucket_error": 0.0,
        "instrumentation_error": 0.0,
    }
