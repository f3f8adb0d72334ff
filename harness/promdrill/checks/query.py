"""Every documented query answers under load: with series, with its labels, without NaN and without warnings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from promdrill.checks.registry import ResultsFor, check
from promdrill.evidence.increase import own_labels
from promdrill.evidence.prometheus_api import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.evidence import Evidence
    from promdrill.model import Result


@check("query")
def query(evidence: Evidence) -> Iterator[Result]:
    """Prometheus answers the query, asked at the end of the healthy phase, as its document says."""
    for promised in evidence.scenario.contract.queries:
        claim = ResultsFor("query", promised.expr, evidence.scenario.source(promised.source))
        yield _judge(claim, promised.labels, evidence)


def _judge(claim: ResultsFor, labels: tuple[str, ...], evidence: Evidence) -> Result:
    try:
        answer = evidence.query(claim.subject, evidence.under_load)
    except QueryError as error:
        return claim.refused(error)
    if not answer.series:
        return claim.failed(
            f"{claim.subject} returns nothing under load",
            "query each part of it alone: one selects nothing, or their labels do not match",
            series=0,
        )
    found = {tuple(name for name, _ in own_labels(series.labels)) for series in answer.series}
    numbers = {"series": len(answer.series), "values": [series.value for series in answer.series][:10]}
    if found != {tuple(sorted(labels))}:
        return claim.failed(
            f"{claim.subject} gives the labels ({', '.join(min(found))});"
            f" the documents say ({', '.join(sorted(labels))})",
            "keep the documented labels in every aggregation",
            expected=sorted(labels),
            seen=[list(names) for names in sorted(found)],
        )
    if bad := [series for series in answer.series if not math.isfinite(series.value)]:
        return claim.failed(
            f"{claim.subject} is NaN or infinite for {len(bad)} of {len(answer.series)} series: {dict(bad[0].labels)}",
            "guard the division against 0, or make the load cause the operation that this series counts",
            series=len(answer.series),
            nan=len(bad),
        )
    if said := (*answer.warnings, *answer.infos):
        return claim.failed(f"{claim.subject}: Prometheus remarks: {said[0]}", "do what it says", remarks=list(said))
    return claim.passed(f"{len(answer.series)} series under load", **numbers)
