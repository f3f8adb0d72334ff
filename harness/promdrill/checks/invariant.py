"""A documented relation between metrics holds for every series at every scrape."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from promdrill.checks.registry import ResultsFor, check
from promdrill.evidence.increase import own_labels
from promdrill.evidence.ledger import format_labels
from promdrill.evidence.prometheus_api import QueryError
from promdrill.rules import promql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.evidence import Evidence
    from promdrill.evidence.prometheus_api import Answer
    from promdrill.model import Result


@check("invariant")
def invariant(evidence: Evidence) -> Iterator[Result]:
    """The comparison never drops a series of its left side, from the first scrape to the last."""
    for promised in evidence.scenario.contract.invariants:
        yield _judge(ResultsFor("invariant", promised.expr, evidence.scenario.source(promised.source)), evidence)


def _judge(claim: ResultsFor, evidence: Evidence) -> Result:
    comparison = promql.unwrap(promql.parse(claim.subject))
    left = str(comparison.lhs) if promql.is_comparison(comparison) else claim.subject
    try:
        there = evidence.query_range(left, evidence.start, evidence.end)
        holding = evidence.query_range(claim.subject, evidence.start, evidence.end)
    except QueryError as error:
        return claim.refused(error)
    if not there.series:
        return claim.failed(
            f"{claim.subject}: {left} has no series, so nothing was compared",
            "expose the metrics that it compares",
            points=0,
        )
    # Counted at each scrape, not matched by labels: a comparison with `on` or `ignoring` gives back fewer labels.
    points = Counter(time for series in there.series for time, _ in series.points)
    held = Counter(time for series in holding.series for time, _ in series.points)
    broken = sorted(time for time, count in points.items() if held[time] != count)
    numbers = {"expected": points.total(), "seen": held.total()}
    if broken:
        return claim.failed(
            f"{claim.subject} broke at {len(broken)} of {len(points)} scrapes, first at"
            f" {broken[0] - evidence.start:.1f} s{_where(there, holding, broken[0])}",
            "update the metrics that belong together in one place, and each exactly once",
            **numbers,
        )
    return claim.passed(f"held at all {len(points)} scrapes, for {points.total()} points", **numbers)


def _where(there: Answer, holding: Answer, time: float) -> str:
    """Return the first series whose left side was there at a time and whose comparison was not, if it can be told."""
    left = {series.labels: dict(series.points)[time] for series in there.series if time in dict(series.points)}
    for labels in sorted(left.keys() - {series.labels for series in holding.series if time in dict(series.points)}):
        return f", where {format_labels(own_labels(labels)) or 'the left side'} was {left[labels]:g}"
    return ""
