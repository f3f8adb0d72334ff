"""What the documents get wrong: the defect shows on the running system, and its correction holds beside it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from promdrill.alerts.lateness import QUIETER, failed_scrapes
from promdrill.alerts.states import state_intervals
from promdrill.checks.cost import differing, values
from promdrill.checks.helper import effect_differs
from promdrill.checks.registry import ResultsFor, check
from promdrill.contract.errata import (
    Alerting,
    Data,
    DeadLinks,
    Delay,
    Empty,
    HelperCall,
    Listing,
    Missing,
    Unit,
    Value,
)
from promdrill.contract.record import Claim
from promdrill.contract.source_checks import document_path
from promdrill.conventions import BASELINE
from promdrill.durations import notation, seconds
from promdrill.evidence.prometheus_api import QueryError
from promdrill.model import Result, Status
from promdrill.rules.compressible import incompressible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promdrill.contract.errata import Erratum, Proof
    from promdrill.evidence import Evidence

# Proofs that say the truth of a document: as a defect, they are wrong about the system.
TRUTHS = Value | Listing | Unit
# Ratios of rates over one window: equal but for floating point.
RATIO = 1e-6


# The base units that Prometheus' own naming guide lists, with those that its exporters count things in.
UNITS = frozenset(
    {"seconds", "celsius", "meters", "bytes", "ratio", "volts", "amperes", "joules", "grams"}
    | {"tokens", "characters", "dollars", "usd", "info", "timestamp"}
)


class Observed(NamedTuple):
    """What a proof found: whether what it says is so, or None where that could not be seen; what was seen; a remedy."""

    truthful: bool | None
    what: str
    remedy: str = "fix the proof in the contract, or what it needs"


@check("errata")
def errata(evidence: Evidence) -> Iterator[Result]:
    """Each erratum's defect is proved and its correction too; one that no longer shows has to go."""
    for erratum in evidence.scenario.contract.errata:
        # A short run has no phases but the healthy one: what another phase shows is left to a full run.
        if not (evidence.run.short and _needs_phases(erratum)):
            yield from _judge(erratum, evidence)


def _needs_phases(erratum: Erratum) -> bool:
    return any(
        isinstance(proof, Alerting | Delay) or getattr(proof, "at", BASELINE) != BASELINE
        for proof in (erratum.shown_by, erratum.corrected_by)
    )


def _judge(erratum: Erratum, evidence: Evidence) -> Iterator[Result]:
    shows = observe(erratum.shown_by, evidence, f"{erratum.id} shown_by")
    corrected = erratum.corrected_by
    holds = (
        observe(corrected, evidence, f"{erratum.id} corrected_by")
        if corrected
        else Observed(True, "the passage is cut")
    )
    defective = not isinstance(erratum.shown_by, TRUTHS)
    for about in erratum.claims or (Claim(kind="lint", subject=erratum.id),):
        claim = ResultsFor(about.kind, about.subject, evidence.scenario.source(erratum.source))
        numbers = {
            "erratum": erratum.id,
            "defect": erratum.defect,
            "documented": erratum.what,
            "corrected": f"{erratum.correction}: {holds.what}",
            "seen": shows.what,
        }
        untried = next((one for one in (shows, holds) if one.truthful is None), None)
        if untried:
            yield claim.inconclusive(f"{erratum.id} could not be checked: {untried.what}", untried.remedy, **numbers)
        elif shows.truthful is not defective:
            yield claim.failed(
                f"{erratum.id}: the defect no longer shows: {shows.what}",
                "take the erratum out of the contract",
                **numbers,
            )
        elif not holds.truthful:
            yield claim.failed(
                f"{erratum.id}: the correction does not hold: {holds.what}",
                "fix the correction or the app",
                **numbers,
            )
        else:
            message = f"{erratum.id}: {erratum.what}; correction: {erratum.correction}"
            yield Result(claim.kind, claim.subject, Status.ERRATUM, message, numbers, claim.source)


def observe(proof: Proof, evidence: Evidence, call: str) -> Observed:
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
                found = _observe_call(proof, evidence.helpers.get(call, {"error": "it was not called"}))
            case Alerting() | Delay():
                found = _unobservable_alert(proof, evidence) or __alerts_proof(proof, evidence)
            case _:
                found = _documents_proof(proof, evidence)
    except QueryError as error:
        return Observed(None, f"Prometheus refuses it: {error}")
    return found


def _unobservable_alert(proof: Alerting | Delay, evidence: Evidence) -> Observed | None:
    """Return that a proof could not be seen, where it names an alert that compressed time cannot reach."""
    names = (proof.alert,) if isinstance(proof, Delay) else (*proof.firing, *proof.silent)
    left = incompressible(evidence.scenario.rules)
    return next((Observed(None, f"{name} cannot be compressed: {left[name]}") for name in names if name in left), None)


def __alerts_proof(proof: Alerting | Delay, evidence: Evidence) -> Observed:
    """Return what alerts lived through. Where that is not what was said, failed scrapes may be why: it is in doubt."""
    found = _alerts_proof(proof, evidence)
    phase = evidence.phase(proof.since if isinstance(proof, Delay) else proof.at)
    if not found.truthful and (doubt := failed_scrapes(evidence, phase.start, phase.end)):
        return Observed(None, f"{found.what}; {doubt}", QUIETER)
    return found


def _series(expression: str, phase: str, evidence: Evidence, *, wanted: bool) -> Observed:
    count = len(evidence.query(expression, evidence.phase(phase).end).series)
    when = "under load" if phase == BASELINE else f"at the end of {phase}"
    return Observed((count > 0) is wanted, f"{expression} returns {count or 'no'} series {when}")


def _observe_call(proof: HelperCall, answer: Mapping[str, Any]) -> Observed:
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


def _alerts_proof(proof: Alerting | Delay, evidence: Evidence) -> Observed:
    """Return whether alerts fired, stayed silent, or took as long as a proof says."""
    match proof:
        case Alerting(firing=firing, silent=silent, at=phase):
            return _alerting(firing, silent, phase, evidence)
        case Delay(alert=alert, since=phase):
            start = evidence.phase(phase).start
            began = [firing.start for firing in state_intervals(evidence, alert).firing if firing.start >= start]
            if not began:
                return Observed(None, f"{alert} did not fire after the start of {phase}")
            took = (began[0] - start) * evidence.run.factors.get(alert, 1.0)
            bound = seconds(proof.at_least or proof.at_most)
            return Observed(
                took >= bound if proof.at_least else took <= bound,
                f"{alert} fired {notation(round(took))} after the start of {phase}, in the rule's own time",
            )


def _alerting(firing: tuple[str, ...], silent: tuple[str, ...], phase: str, evidence: Evidence) -> Observed:
    times = evidence.phase(phase)
    states: dict[str, str] = {}
    for alert in (*firing, *silent):
        active = state_intervals(evidence, alert)
        kinds = (("firing", active.firing), ("pending", active.pending))
        states[alert] = next(
            (kind for kind, spans in kinds if any(s.start <= times.end and s.end >= times.start for s in spans)),
            "inactive",
        )
    what = ", ".join(f"{alert} was {state}" for alert, state in states.items())
    truthful = all(states[alert] == "firing" for alert in firing) and all(
        states[alert] == "inactive" for alert in silent
    )
    return Observed(truthful, f"in {phase} {what}")


def _documents_proof(proof: Missing | Listing | DeadLinks | Unit, evidence: Evidence) -> Observed:
    """Return whether the documents lack, list, link or name things as a proof says."""
    match proof:
        case Missing(missing=names):
            return _missing(names, evidence)
        case Listing(stated=stated, listed=listed):
            return Observed(
                stated == len(listed), f"{stated} are stated, {len(listed)} are listed: {', '.join(listed)}"
            )
        case DeadLinks(dead_links=names):
            scenario = evidence.scenario
            places = [document_path(scenario.folder, one).parent for one in scenario.contract.documents.values()]
            absent = [name for name in names if not any((place / name).is_file() for place in places)]
            return Observed(len(absent) == len(names), f"{len(absent)} of {len(names)} linked files are not there")
        case Unit(unit_of=name):
            last = re.sub(r"_total$", "", name).rpartition("_")[2]
            return Observed(last in UNITS, f"{name} ends in {last!r}, which is {'a' if last in UNITS else 'no'} unit")


def _missing(names: tuple[str, ...], evidence: Evidence) -> Observed:
    table, contract = evidence.scenario.contract.reference_table, evidence.scenario.contract
    listed = {*table.metrics, *table.alerts} if table else set()
    absent = [name for name in names if name not in listed]
    there = [name for name in names if name in evidence.last_scrape.families or name in contract.alerts]
    what = f"{len(absent)} of {len(names)} are in no table of the documents, {len(there)} are there"
    return Observed(len(absent) == len(there) == len(names), what)
