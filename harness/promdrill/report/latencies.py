"""The table of latencies: what the clients waited, what the fakes served, and what Prometheus makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promdrill.report.wording import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promdrill.model import Verdict

HEADER = ("latency of", "number", "seen by", "p50", "p95", "p99")
# How the sources are called, in the order in which each is at most as long as the one before.
SOURCES = {
    "intended": "client, since it was due",
    "service": "client, since it was sent",
    "ledger": "ledger",
    "prometheus": "Prometheus",
    "bucket_error": "  cost of the buckets",
    "instrumentation_error": "  error of the app",
}


def latencies(verdict: Verdict) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table: for each operation one for each source that knows it."""
    for result in verdict.results:
        if result.kind != "load" or "quantiles" not in result.evidence:
            continue
        quantiles: Mapping[str, Mapping[str, Any]] = result.evidence["quantiles"]
        first = (printable(result.subject.removeprefix("latency of ")), str(result.evidence["observations"]))
        for source, called in SOURCES.items():
            if all(source in one for one in quantiles.values()):
                yield (*first, called, *(_span(one[source], signed="error" in source) for one in quantiles.values()))
                first = ("", "")


def _span(seconds: float, *, signed: bool) -> str:
    sign = "+" if signed else ""
    return f"{seconds * 1000:{sign}.1f} ms" if abs(seconds) < 1 else f"{seconds:{sign}.2f} s"
