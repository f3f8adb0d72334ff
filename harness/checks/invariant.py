"""A documented relation between metrics holds for every series at every scrape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import promql_parser

from harness.checks.registry import Claimed, check
from harness.evidence.ledger import shown
from harness.evidence.prometheus_api import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.evidence import Evidence
    from harness.model import Result


@check("invariant")
def invariant(evidence: Evidence) -> Iterator[Result]:
    """The comparison never drops a series of its left side, from the first scrape to the last."""
    for promised in evidence.scenario.contract.invariants:
        yield _held(Claimed("invariant", promised.expr, evidence.scenario.source(promised.source)), evidence)


def _held(claim: Claimed, evidence: Evidence) -> Result:
    comparison = promql_parser.parse(claim.subject)
    left = str(comparison.lhs) if isinstance(comparison, promql_parser.BinaryExpr) else claim.subject
    try:
        there = evidence.query_range(left, evidence.start, evidence.end)
        holding = evidence.query_range(claim.subject, evidence.start, evidence.end)
    except QueryError as error:
        return claim.failed(
            f"{claim.subject}: Prometheus refuses it: {error}", "correct the expression", error=str(error)
        )
    if not there.series:
        return claim.failed(
            f"{claim.subject}: {left} has no series, so nothing was compared",
            "expose the metrics that it compares",
            points=0,
        )
    held = {(series.labels, time) for series in holding.series for time, _ in series.points}
    points = [(series.labels, time, value) for series in there.series for time, value in series.points]
    broken = [(labels, time, value) for labels, time, value in points if (labels, time) not in held]
    if broken:
        labels, time, value = broken[0]
        where = f" for {shown(labels)}," if labels else ""
        return claim.failed(
            f"{claim.subject} broke at {len(broken)} of {len(points)} points, first {time - evidence.start:.1f} s in,"
            f"{where} where the left side was {value:g}",
            "update the metrics that belong together in one place, and each exactly once",
            expected=len(points),
            seen=len(points) - len(broken),
        )
    return claim.passed(f"held at all {len(points)} points", points=len(points))
