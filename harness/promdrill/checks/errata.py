"""What the documents get wrong: the defect shows on the running system, and its correction holds beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from promdrill.alerting.lateness import QUIETER, unscraped
from promdrill.checks.cost import differing, values
from promdrill.checks.helper import effect_differs
from promdrill.checks.registry import Claimed, check
from promdrill.contract.proofs import (
    Alerting,
    Data,
    Delay,
    Empty,
    HelperCall,
    Listing,
    Unit,
    Value,
)
from promdrill.contract.record import Claim
from promdrill.conventions import BASELINE
from promdrill.evidence.prometheus_api import QueryError
from promdrill.evidence.proofs import Observed, lived_through, written
from promdrill.model import Result, Status
from promdrill.rules.compressible import incompressible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promdrill.contract.proofs import Erratum, Proof
    from promdrill.evidence import Evidence

# Proofs that say the truth of a document: as a defect, they are wrong about the system.
TRUTHS = Value | Listing | Unit
# Ratios of rates over one window: equal but for floating point.
RATIO = 1e-6


@check("errata")
def errata(evidence: Evidence) -> Iterator[Result]:
    """Each erratum's defect is proved and its correction too; one that no longer shows has to go."""
    for erratum in evidence.scenario.contract.errata:
        # A short run has no phases but the healthy one: what another phase shows is left to a full run.
        if not (evidence.run.short and _needs_phases(erratum)):
            yield from _proved(erratum, evidence)


def _needs_phases(erratum: Erratum) -> bool:
    return any(
        isinstance(proof, Alerting | Delay) or getattr(proof, "at", BASELINE) != BASELINE
        for proof in (erratum.shown_by, erratum.corrected_by)
    )


def _proved(erratum: Erratum, evidence: Evidence) -> Iterator[Result]:
    shows = seen(erratum.shown_by, evidence, f"{erratum.id} shown_by")
    corrected = erratum.corrected_by
    holds = (
        seen(corrected, evidence, f"{erratum.id} corrected_by") if corrected else Observed(True, "the passage is cut")
    )
    defective = not isinstance(erratum.shown_by, TRUTHS)
    for about in erratum.claims or (Claim(kind="lint", subject=erratum.id),):
        claim = Claimed(about.kind, about.subject, evidence.scenario.source(erratum.source))
        numbers = {
            "erratum": erratum.id,
            "defect": erratum.defect,
            "documented": erratum.what,
            "corrected": f"{erratum.correction}: {holds.what}",
            "seen": shows.what,
        }
        untried = next((one for one in (shows, holds) if one.truthful is None), None)
        if untried:
            yield claim.inconclusive(f"{erratum.id} could not be tried: {untried.what}", untried.remedy, **numbers)
        elif shows.truthful is not defective:
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


def seen(proof: Proof, evidence: Evidence, call: str) -> Observed:
    """Return what a proof finds in the evidence; `call` is the id under which its helper was called."""
    try:
        match proof:
            case Empty(empty=expression, at=phase):
                found = _series(expression, phase, evidence, wanted=False)
            case Data(data=expression, at=phase):
                found = _series(expression, phase, evidence, wanted=True)
            case Value():
                found = _value(proof, evidence)
            case HelperCall():
                found = _called(proof, evidence.helpers.get(call, {"error": "it was not called"}))
            case Alerting() | Delay():
                found = _unlived(proof, evidence) or _lived_through(proof, evidence)
            case _:
                found = written(proof, evidence)
    except QueryError as error:
        return Observed(None, f"Prometheus refuses it: {error}")
    return found


def _unlived(proof: Alerting | Delay, evidence: Evidence) -> Observed | None:
    """Return that a proof could not be seen, where it names an alert that compressed time cannot reach."""
    names = (proof.alert,) if isinstance(proof, Delay) else (*proof.firing, *proof.silent)
    left = incompressible(evidence.scenario.rules)
    return next((Observed(None, f"{name} cannot be compressed: {left[name]}") for name in names if name in left), None)


def _lived_through(proof: Alerting | Delay, evidence: Evidence) -> Observed:
    """Return what alerts lived through. Where that is not what was said, failed scrapes may be why: it is in doubt."""
    found = lived_through(proof, evidence)
    phase = evidence.phase(proof.since if isinstance(proof, Delay) else proof.at)
    if not found.truthful and (doubt := unscraped(evidence, phase.start, phase.end)):
        return Observed(None, f"{found.what}; {doubt}", QUIETER)
    return found


def _series(expression: str, phase: str, evidence: Evidence, *, wanted: bool) -> Observed:
    count = len(evidence.query(expression, evidence.phase(phase).end).series)
    when = "under load" if phase == BASELINE else f"at the end of {phase}"
    return Observed((count > 0) is wanted, f"{expression} returns {count or 'no'} series {when}")


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
