"""What Prometheus says of latencies, beside what the fakes served and what the clients waited: one table, one truth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from promdrill.checks.histogram import QUANTILES, Seen, estimate_bounds, increases_of, rank_value
from promdrill.checks.registry import ResultsFor, check
from promdrill.contract.witness import Selection
from promdrill.conventions import CLIENT_LEDGER
from promdrill.evidence.ledger import format_labels
from promdrill.evidence.measured import measured_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.evidence import Evidence
    from promdrill.evidence.ledger import LabelSet, Observation, Row
    from promdrill.model import Result

# Estimates are sums and products of floats.
ROUNDING = 1e-9


@check("latency")
def latency(evidence: Evidence) -> Iterator[Result]:
    """Quantiles of each histogram of durations differ from the truth by what its buckets cost, and by nothing else."""
    if evidence.run.short:
        return
    yield from _actions(evidence)
    for name, promised in evidence.scenario.contract.metrics.items():
        witness = promised.witness
        if promised.type == "histogram" and isinstance(witness, Selection) and not witness.sum_columns:
            yield from _rows_of(name, witness, evidence)


def _actions(evidence: Evidence) -> Iterator[Result]:
    """Tell what the clients waited in the healthy phase, by class and action; there is nothing to compare it with."""
    actions: dict[str, list[Row]] = {}
    for row in measured_rows(evidence):
        actions.setdefault(f"{row['user']}: {row['action']}", []).append(row)
    for name, rows in sorted(actions.items()):
        intended = sorted(map(_since_due, rows))
        service = sorted(row["finished"] - row["started"] for row in rows)
        quantiles = {
            f"p{q * 100:g}": {"intended": rank_value(intended, q), "service": rank_value(service, q)} for q in QUANTILES
        }
        message = f"{len(rows)} requests of the baseline"
        yield ResultsFor("load", f"latency of {name}").passed(message, observations=len(rows), quantiles=quantiles)


def _rows_of(name: str, witness: Selection, evidence: Evidence) -> Iterator[Result]:
    rate = evidence.scenario.drill.app.clock_rate
    truth = evidence.ledgers.observations(witness, rate)
    waited = _client_waits(witness, evidence)
    for labels, seen in sorted(increases_of(evidence, name).items()):
        observed = truth.get(labels, [])
        if not seen.count or len(observed) != seen.count or any(math.isinf(one.waited) for one in observed):
            continue  # which is what the check of the histogram reports
        yield _compare(f"{name}{format_labels(labels)}", seen, observed, [value * rate for value in waited[labels]])


def _compare(subject: str, seen: Seen, observed: list[Observation], intended: list[float]) -> Result:
    claim = ResultsFor("load", f"latency of {subject}")
    served, waited = sorted(one.served for one in observed), sorted(one.waited for one in observed)
    quantiles = {}
    for q in QUANTILES:
        low, high, estimate = rank_value(served, q), rank_value(waited, q), seen.quantile(q)
        least, most = estimate_bounds(seen, low, high)
        quantiles[f"p{q * 100:g}"] = {
            "intended": rank_value(sorted(intended), q),
            "service": high,
            "ledger": low,
            "prometheus": estimate,
            # Out of what is true by the coarseness of the buckets, and out of what these allow by the app's own doing.
            "bucket_error": _beyond(min(max(estimate, least), most), low, high),
            "instrumentation_error": _beyond(estimate, least, most),
        }
    numbers: dict[str, Any] = {"observations": len(observed), "quantiles": quantiles}
    wrong = {name: one for name, one in quantiles.items() if abs(one["instrumentation_error"]) > ROUNDING}
    if not wrong:
        return claim.passed(f"{len(observed)} observations; their error is within the width of the buckets", **numbers)
    name, one = next(iter(wrong.items()))
    return claim.failed(
        f"{subject}: {name} is {one['prometheus']:.4g} s in Prometheus and between {one['ledger']:.4g} and"
        f" {one['service']:.4g} s in truth; buckets account for {one['bucket_error']:.4g} s of it,"
        f" {one['instrumentation_error']:.4g} s are the app's",
        "measure around the operation alone, and in seconds",
        **numbers,
    )


def _client_waits(witness: Selection, evidence: Evidence) -> dict[LabelSet, list[float]]:
    """Return how long the clients waited around each operation since it was due, by label set."""
    waited: dict[LabelSet, list[float]] = {}
    for row in evidence.ledgers.select(witness):
        client = row if witness.ledger == CLIENT_LEDGER else evidence.ledgers.request_of(row)
        waited.setdefault(evidence.ledgers.labels(row, witness), []).append(_since_due(client) if client else math.inf)
    return waited


def _since_due(row: Row) -> float:
    return float(row["finished"] - row.get("due", row["started"]))


def _beyond(value: float, low: float, high: float) -> float:
    """Return by how much a value is above high, or as a negative number below low; 0 in between."""
    return max(0.0, value - high) + min(0.0, value - low)
