"""What the documents get wrong: the defect shows on the running system, and its correction holds beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.checks.cost import differing, values
from harness.checks.helper import effect_differs
from harness.checks.registry import Claimed, check
from harness.contract.records import Data, Empty, HelperCall, Missing, Value
from harness.evidence.prometheus_api import QueryError
from harness.model import Result, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.contract.records import Proof
    from harness.evidence import Evidence

# Ratios of rates over one window: equal but for floating point.
RATIO = 1e-6


@check("errata")
def errata(evidence: Evidence) -> Iterator[Result]:
    """Each erratum's defect is proved and its correction too; one that no longer shows has to go."""
    for erratum in evidence.scenario.contract.errata:
        shows = seen(erratum.shown_by, evidence, f"{erratum.id} shown_by")
        holds = seen(erratum.corrected_by, evidence, f"{erratum.id} corrected_by")
        wanted = not isinstance(erratum.shown_by, Value)  # a value shows the defect by not being the truth
        for about in erratum.claims:
            claim = Claimed(about.kind, about.subject, evidence.scenario.source(erratum.source))
            numbers = {
                "erratum": erratum.id,
                "defect": erratum.defect,
                "documented": erratum.what,
                "corrected": f"{erratum.correction}: {holds.what}",
                "seen": shows.what,
            }
            if shows.truthful is None or holds.truthful is None:
                yield claim.inconclusive(
                    f"{erratum.id} could not be tried: {shows.what if shows.truthful is None else holds.what}",
                    "mend the proof in the contract, or what it needs",
                    **numbers,
                )
            elif shows.truthful is not wanted:
                yield claim.failed(
                    f"{erratum.id}: the defect no longer shows: {shows.what}",
                    "take the erratum out of the contract",
                    **numbers,
                )
            elif not holds.truthful:
                yield claim.failed(
                    f"{erratum.id}: the correction does not hold: {holds.what}",
                    "mend the correction or the app",
                    **numbers,
                )
            else:
                message = f"{erratum.id}: {erratum.what}; correction: {erratum.correction}"
                yield Result(claim.kind, claim.subject, Status.ERRATUM, message, numbers, claim.source)


class Observed(NamedTuple):
    """What a proof found: whether what it says is so, or None where that could not be seen; and what was seen."""

    truthful: bool | None
    what: str


def seen(proof: Proof, evidence: Evidence, call: str) -> Observed:
    """Return what a proof finds in the evidence; `call` is the id under which its helper was called."""
    try:
        match proof:
            case Empty(empty=expression):
                series = len(evidence.query(expression, evidence.under_load).series)
                return Observed(series == 0, f"{expression} returns {series or 'no'} series under load")
            case Data(data=expression):
                series = len(evidence.query(expression, evidence.under_load).series)
                return Observed(series > 0, f"{expression} returns {series or 'no'} series under load")
            case Value():
                return _value(proof, evidence)
            case HelperCall():
                return _called(proof, evidence.helpers.get(call, {"error": "it was not called"}))
            case Missing(missing=names):
                return _missing(names, evidence)
    except QueryError as error:
        return Observed(None, f"Prometheus refuses it: {error}")


def _called(proof: HelperCall, answer: Mapping[str, Any]) -> Observed:
    call = f"{proof.helper}({', '.join(f'{name}={value}' for name, value in proof.call.items())})"
    if "error" in answer:
        return Observed(None, f"{call}: {answer['error']}")
    difference = effect_differs(answer["effect"], proof.effect)
    return Observed(not difference, f"{call}: {difference or f'it moved {len(proof.effect)} series, as stated'}")


def _value(proof: Value, evidence: Evidence) -> Observed:
    have = values(proof.expr, evidence)
    want = evidence.ledgers.truth(proof.truth, evidence.scenario.contract)
    if not want or not have or not all(math.isfinite(value) for value in have.values()):
        return Observed(None, f"{proof.expr} gives {len(have)} values, the ledgers {len(want)}: nothing to compare")
    wrong = differing(have, want, RATIO)
    if wrong is None:
        return Observed(True, f"{proof.expr} gives {len(have)} values, as the ledgers do")
    where = ", ".join(f"{name} {value}" for name, value in wrong) or "all"
    return Observed(
        False, f"{proof.expr} gives {have.get(wrong, 0):.6g} for {where}, the ledgers {want.get(wrong, 0):.6g}"
    )


def _missing(names: tuple[str, ...], evidence: Evidence) -> Observed:
    table = evidence.scenario.contract.reference_table
    absent = [name for name in names if table is None or name not in table.metrics]
    exposed = [name for name in names if name in evidence.last_scrape.families]
    what = f"{len(absent)} of {len(names)} are not in the reference table, {len(exposed)} are exposed"
    return Observed(len(absent) == len(exposed) == len(names), what)
