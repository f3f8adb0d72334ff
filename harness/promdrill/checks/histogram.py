"""A histogram lies between what the fake served and what the client waited: count, buckets, sum and quantiles.

One of numbers that a ledger knows, such as tokens, has both bounds in one.
"""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill.checks.metric import known_label_sets
from promdrill.checks.registry import ResultsFor, check
from promdrill.conventions import CLIENT_LEDGER
from promdrill.evidence.increase import increases
from promdrill.evidence.ledger import format_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.contract.records import Metric, Selection
    from promdrill.evidence import Evidence
    from promdrill.evidence.ledger import LabelSet, Observation
    from promdrill.model import Result

QUANTILES = (0.5, 0.95, 0.99)
# Sums of floats that were added in another order differ in their last digits: of the sum, and of clocks in seconds.
ROUNDING, TICK = 1e-9, 1e-6


@dataclass(frozen=True)
class Seen:
    """One series of a histogram as it grew in Prometheus: count, sum in its unit, cumulative buckets (edge, count)."""

    count: float
    sum: float
    buckets: tuple[tuple[float, float], ...]

    def quantile(self, q: float) -> float:
        """Return the estimate that histogram_quantile gives: linear within the bucket that holds the rank."""
        rank = q * self.count
        lower = below = 0.0
        for edge, cumulative in self.buckets:
            if cumulative >= rank:
                if math.isinf(edge):
                    return lower
                share = (rank - below) / (cumulative - below) if cumulative > below else 1.0
                return min(
                    edge, lower + (edge - lower) * share
                )  # at the edge itself the sum can be a rounding above it
            lower, below = edge, cumulative
        return math.nan


@check("histogram")
def histogram(evidence: Evidence) -> Iterator[Result]:
    """Count is exact; each bucket, the sum and p50, p95, p99 lie where the raw durations of both witnesses allow."""
    for name, promised in evidence.scenario.contract.metrics.items():
        if promised.type == "histogram":
            claim = ResultsFor("histogram", name, evidence.scenario.source(promised.source))
            witness = promised.witness
            yield _judge(claim, promised, witness, evidence) if witness else claim.unwitnessed()


def _judge(claim: ResultsFor, promised: Metric, witness: Selection, evidence: Evidence) -> Result:
    name, ledger = claim.subject, witness.ledger
    truth = evidence.ledgers.observations(witness, evidence.scenario.drill.app.clock_rate)
    seen = increases_of(evidence, name)
    total = sum(len(rows) for rows in truth.values())
    if not seen:
        return claim.failed(
            f"{name}: the {ledger} ledger saw {total} operations, Prometheus has no bucket, sum and count of it",
            f"expose {name} as a histogram; if the scrape failed, fix the scrape first",
            ledger=total,
            prometheus=None,
        )
    if not total:
        return claim.inconclusive(
            f"{name}: the run did nothing that it measures",
            "make the users of the scenario cause it",
            ledger=0,
        )
    for labels in sorted({*truth, *seen, *known_label_sets(promised)}):
        error = contradiction(seen.get(labels, Seen(0, 0, ())), truth.get(labels, []), "" if witness.sum else " s")
        if error:
            what, numbers = error
            return claim.failed(
                f"{name}{format_labels(labels)}: {what}",
                "observe every operation once, with the number itself"
                if witness.sum
                else "observe every operation once, failed ones too, in seconds, with the operation's own duration",
                labels=dict(labels),
                ledger=total,
                prometheus=sum(one.count for one in seen.values()),
                **numbers,
            )
    if alone := sum(math.isinf(row.waited) for rows in truth.values() for row in rows):
        return claim.inconclusive(
            f"{name}: {alone} of {total} operations belong to no request of the clients, so they have no upper bound",
            "make the app pass X-Request-ID on to the services that it calls",
            expected=total,
            seen=total - alone,
        )
    quantiles = {
        f"p{q * 100:g}": round(max(one.quantile(q) for one in seen.values() if one.count), 4) for q in QUANTILES
    }
    return claim.passed(
        f"{name}: {total} observations, {_bounds_text(witness)}",
        ledger=total,
        prometheus=sum(one.count for one in seen.values()),
        **quantiles,
    )


def _bounds_text(witness: Selection) -> str:
    if witness.sum:
        return f"as the {witness.ledger} ledger says"
    served = witness.around or witness.ledger
    if served == CLIENT_LEDGER:
        return "none longer than the client waited"
    return f"each between what the {served} ledger and the client allow"


def contradiction(seen: Seen, rows: list[Observation], unit: str) -> tuple[str, dict[str, float]] | None:
    """Return what a series says that cannot be true, in its unit, with the expected and the seen number."""
    if seen.count != len(rows):
        return f"expected a count of {len(rows)}, seen {seen.count:g}", {"expected": len(rows), "seen": seen.count}
    if not rows:
        return None
    served, waited = sorted(row.served for row in rows), sorted(row.waited for row in rows)
    low, high = sum(served), sum(waited)
    if not low * (1 - ROUNDING) - TICK <= seen.sum <= high * (1 + ROUNDING) + TICK:
        exact = served == waited
        return (
            f"expected a sum of {low:.10g}{unit}, seen {seen.sum:.10g}"
            if exact
            else f"expected a sum between {low:.4g}{unit} served and {high:.4g}{unit} waited, seen {seen.sum:.4g}",
            {"expected": low, "seen": seen.sum}
            if exact
            else {"expected": low, "expected_most": high, "seen": seen.sum},
        )
    for edge, count in seen.buckets:
        least, most = bisect.bisect_right(waited, edge), bisect.bisect_right(served, edge)
        if not least <= count <= most:
            return (
                f"expected {least} to {most} observations of at most {edge:g}{unit}, seen {count:g}",
                {"expected": least, "expected_most": most, "seen": count, "le": edge},
            )
    finite = [count for edge, count in seen.buckets if not math.isinf(edge)]
    if not any(finite):
        return f"all {seen.count:g} observations lie above the last finite bucket", {"expected": 0, "seen": seen.count}
    return _wrong_quantile(seen, served, waited, unit)


def _wrong_quantile(
    seen: Seen, served: list[float], waited: list[float], unit: str
) -> tuple[str, dict[str, float]] | None:
    for q in QUANTILES:
        low, high = estimate_bounds(seen, rank_value(served, q), rank_value(waited, q))
        estimate = seen.quantile(q)
        if not low <= estimate <= high:
            return (
                f"expected a p{q * 100:g} between {low:g} and {high:g}{unit}, seen {estimate:.4g}",
                {"expected": low, "expected_most": high, "seen": estimate},
            )
    return None


def rank_value(values: list[float], q: float) -> float:
    """Return the value of sorted ones that a share of them does not exceed."""
    return values[max(0, math.ceil(q * len(values)) - 1)]


def estimate_bounds(seen: Seen, low: float, high: float) -> tuple[float, float]:
    """Return between what an estimate can lie of a truth from low to high.

    It cannot be better than the bucket that holds the truth: widened by that bucket, and by nothing else.
    """
    edges = [0.0, *(edge for edge, _ in seen.buckets)]
    return (
        edges[max(0, bisect.bisect_left(edges, low) - 1)],
        edges[min(len(edges) - 1, bisect.bisect_left(edges, high))],
    )


def increases_of(evidence: Evidence, name: str) -> dict[LabelSet, Seen]:
    """Return how each series of a histogram grew in Prometheus over the run."""
    counts, sums, buckets = (increases(evidence, f"{name}{suffix}") for suffix in ("_count", "_sum", "_bucket"))
    edges: dict[LabelSet, list[tuple[float, float]]] = {labels: [] for labels in counts}
    for labels, increase in buckets.items():
        rest = tuple(pair for pair in labels if pair[0] != "le")
        edges.setdefault(rest, []).append((float(dict(labels)["le"]), increase.value))
    return {
        labels: Seen(count.value, sums[labels].value if labels in sums else 0.0, tuple(sorted(edges[labels])))
        for labels, count in counts.items()
    }
