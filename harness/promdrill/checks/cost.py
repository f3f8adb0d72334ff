"""A documented price equals what the ledgers say was used, times the documented price."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from promdrill.checks.registry import ResultsFor, check
from promdrill.evidence.increase import own_labels
from promdrill.evidence.ledger import format_labels
from promdrill.evidence.prometheus_api import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promdrill.contract.records import Cost
    from promdrill.evidence import Evidence
    from promdrill.evidence.ledger import LabelSet
    from promdrill.model import Result

# Floating point: sums in another order differ in the last digits, and so do decimal prices.
EXACT = 1e-9


@check("cost")
def cost(evidence: Evidence) -> Iterator[Result]:
    """The expression, asked after the drain, gives the ledgers' units times the documented dollars for each."""
    for promised in evidence.scenario.contract.costs:
        claim = ResultsFor("cost", promised.claim_subject, evidence.scenario.source(promised.source))
        yield _judge(claim, promised, evidence)


def _extrapolation(evidence: Evidence) -> float:
    """Return by what share increase() may miss the truth: it extrapolates by up to an interval on either side."""
    times = [time for time, good in evidence.up if good]
    gaps = [after - before for before, after in pairwise(times)]
    return 2.2 * max(gaps) / (times[-1] - times[0]) if gaps else EXACT


def _judge(claim: ResultsFor, promised: Cost, evidence: Evidence) -> Result:
    try:
        seen = values(promised.expr, evidence)
    except QueryError as error:
        return claim.refused(error, "" if promised.expr == claim.subject else promised.expr)
    units = evidence.ledgers.truth(promised.truth, evidence.scenario.contract)
    expected = {labels: value * _price(labels, promised) for labels, value in units.items()}
    wrong = differing(seen, expected, _extrapolation(evidence) if promised.estimate else EXACT)
    if wrong is not None:
        want, have = expected.get(wrong, 0.0), seen.get(wrong, 0.0)
        return claim.failed(
            f"{claim.subject}: expected ${want:.6g}{_for(wrong)}, seen ${have:.6g}",
            "multiply the documented price by the documented unit; if nothing counts that unit, count it",
            expected=want,
            seen=have,
        )
    if not sum(expected.values()):
        message = f"{claim.subject}: the run used nothing that costs money"
        return claim.inconclusive(message, "make the load use it", expected=0)
    if idle := sorted(_unused_prices(promised, expected)):
        return claim.inconclusive(
            f"{claim.subject}: the run used nothing at the price of {', '.join(idle)}",
            "make the load use each of them",
            idle=idle,
        )
    total = sum(seen.values())
    return claim.passed(f"${total:.6g}, as the ledgers say", expected=sum(expected.values()), seen=total)


def _price(labels: LabelSet, promised: Cost) -> float:
    """Return the dollars for the units of a series by its label, or 1 where all have the price that the truth holds."""
    return math.prod(prices.get(dict(labels).get(label, ""), 0) for label, prices in (promised.prices or {}).items())


def _unused_prices(promised: Cost, expected: Mapping[LabelSet, float]) -> set[str]:
    """Return the values of a label that have a price and cost nothing in this run."""
    used = {pair for labels, dollars in expected.items() if dollars for pair in labels}
    return {
        value
        for label, prices in (promised.prices or {}).items()
        for value, price in prices.items()
        if price and (label, value) not in used and promised.where.get(label, value) == value
    }


def values(expression: str, evidence: Evidence) -> dict[LabelSet, float]:
    """Return an expression's values after the drain, by the app's own labels."""
    answer = evidence.query(expression, evidence.end)
    return {own_labels(series.labels): series.value for series in answer.series}


def differing(seen: Mapping[LabelSet, float], expected: Mapping[LabelSet, float], tolerance: float) -> LabelSet | None:
    """Return the first label set whose value is not the expected one within a relative tolerance, or None."""
    for labels in sorted({*seen, *expected}):
        if not math.isclose(expected.get(labels, 0.0), seen.get(labels, 0.0), rel_tol=tolerance):
            return labels
    return None


def _for(labels: LabelSet) -> str:
    return f" for {format_labels(labels)}" if labels else ""
