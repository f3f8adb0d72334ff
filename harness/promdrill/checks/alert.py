"""An alert is silent on healthy load, fires by its deadline when its cause is there, is delivered, and resolves."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING, Any

from promdrill.alerts.content import Defect, delivery_problems
from promdrill.alerts.lateness import QUIETER, failed_scrapes, first_late_step, run_lateness
from promdrill.alerts.life import alert_life
from promdrill.alerts.states import EVALUATIONS, all_state_intervals, state_intervals
from promdrill.checks.load import load
from promdrill.checks.registry import ResultsFor, check
from promdrill.durations import notation, seconds
from promdrill.model import Status
from promdrill.prove.agreement import differences, with_virtual_life
from promdrill.rules.compressible import counting_functions, incompressible
from promdrill.rules.rulebook import feeds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promdrill.alerts.states import StateIntervals
    from promdrill.contract.records import Alert
    from promdrill.evidence import Evidence
    from promdrill.evidence.ledger import Row
    from promdrill.model import AlertLife, Result
    from promdrill.rules.rulefile import Rule


@check("alert")
def alert(evidence: Evidence) -> Iterator[Result]:
    """The alert goes inactive, pending, firing, notified, resolved, notified, once; and no other alert fires.

    In virtual time, by its rule as it stands and on what the run recorded, it does the same.
    """
    if not evidence.run.alerts:
        return
    contract = evidence.scenario.contract
    left = incompressible(evidence.scenario.rules)
    errata = {one.subject for erratum in contract.errata for one in erratum.claims if one.kind == "alert"}
    for name, promised in contract.drilled_alerts.items():
        claim = ResultsFor("alert", name, evidence.scenario.source(promised.source))
        life = with_virtual_life(alert_life(evidence, name, promised), evidence)
        otherwise = differences(life, evidence.scenario.alerting_rule(name))
        if name in left:
            if name not in errata:
                yield _judge_uncompressed(claim, left[name], life, next(otherwise, None))
            continue
        yield _judge(claim, promised, life, otherwise, evidence)
    yield from _evaluation_errors(evidence, left)
    yield from _others(evidence, left)


def _judge(
    claim: ResultsFor, promised: Alert, life: AlertLife, otherwise: Iterator[Defect], evidence: Evidence
) -> Result:
    numbers = {"states": [list(state) for state in life.states], "notified": dict(life.notified)} | _virtual(life)
    # What is certain goes before what may have another reason.
    broken = min(
        chain(_defects(claim, promised, life, evidence), otherwise), key=lambda one: bool(one.doubt), default=None
    )
    if broken:
        message, remedy, expected, seen, doubt = broken
        if doubt:
            return claim.inconclusive(
                f"{claim.subject} {message}, but {doubt}", QUIETER, expected=expected, seen=seen, **numbers
            )
        return claim.failed(f"{claim.subject} {message}", remedy, expected=expected, seen=seen, **numbers)
    if missed := first_late_step(life):
        step, by, at = missed
        message = f"{claim.subject} was {step} at {at:.1f} s, due by {by:.1f} s"
        if lateness := run_lateness(evidence, claim.subject, at) or _load_was_short(evidence):
            return claim.inconclusive(
                f"{message}, but the machine was too slow: {lateness}",
                QUIETER,
                expected=by,
                seen=at,
                **numbers,
            )
        return claim.failed(
            message, "look at the waiting times of its rule, its group and its route", expected=by, seen=at, **numbers
        )
    if life.virtual and life.virtual.mistake:
        return _mistaken(claim, life.virtual.mistake, **numbers)
    told = ", ".join(f"{state} at {at:.1f} s" for state, at in life.notified.items())
    return claim.passed(
        "; ".join(f"{state} at {at:.1f} s" for state, at in life.states)
        + f"; notified of {told}"
        + (f"; {_with_virtual_life(life)}" if "virtual" in life.proof else ""),
        **numbers,
    )


def _mistaken(claim: ResultsFor, mistake: str, **numbers: object) -> Result:
    """Say that promdrill itself failed to prove an alert in virtual time, which says nothing of the alert."""
    return claim.inconclusive(
        f"{claim.subject} could not be proved in virtual time: {mistake}",
        "report this: the mistake is in promdrill, not in the alert",
        mistake=mistake,
        **numbers,
    )


def _load_was_short(evidence: Evidence) -> str:
    """Return what the check of the load says of users that could not keep up; empty where all did."""
    users = (result for result in load(evidence) if result.subject in evidence.scenario.drill.load)
    return next((result.message for result in users if result.status is Status.INCONCLUSIVE), "")


def _judge_uncompressed(claim: ResultsFor, reason: str, life: AlertLife, broken: Defect | None) -> Result:
    """Say of an alert that is left uncompressed what it did in virtual time, which alone can tell."""
    if broken is not None:
        message, remedy, expected, seen, _ = broken
        return claim.failed(
            f"{claim.subject} {message}", remedy, expected=expected, seen=seen, reason=reason, **_virtual(life)
        )
    if life.virtual and life.virtual.mistake:
        return _mistaken(claim, life.virtual.mistake, reason=reason)
    if "virtual" in life.proof:
        return claim.passed(f"{_with_virtual_life(life)}; it has no live proof: {reason}", **_virtual(life))
    beyond = f", and no virtual proof: {life.virtual.unreached}" if life.virtual else ""
    return claim.inconclusive(
        f"{claim.subject} has no live proof: {reason}{beyond}",
        "prove it in virtual time (`promdrill alerts`), and accept that proof by a waiver",
        reason=reason,
    )


def _virtual(life: AlertLife) -> dict[str, Any]:
    return {"virtual": [list(state) for state in life.virtual.states]} if life.virtual else {}


def _with_virtual_life(life: AlertLife) -> str:
    states = life.virtual.states if life.virtual else ()
    return "in virtual time " + ", ".join(f"{state} at {notation(at)}" for state, at in states)


def _defects(claim: ResultsFor, promised: Alert, life: AlertLife, evidence: Evidence) -> Iterator[Defect]:
    """Yield what is wrong with an alert's life, the first cause first: message, remedy, expected and seen."""
    states = dict(life.states)
    phase = evidence.phase(str(promised.phase))
    start = evidence.run.phases[0].start
    # Times of a life are rounded; a phase begins when its fault is on, and ends when it is seen to be firing.
    cause, cured = round(phase.start - start, 2), round(phase.end - start + evidence.run.evaluation_interval, 2)
    rule = evidence.scenario.alerting_rule(claim.subject)
    yield from _failing(rule, evidence)
    yield from _state_conflicts(claim.subject, evidence)
    yield from _early(claim.subject, cause, evidence)
    if states.get("firing", cured + 1) > cured:
        reached = "pending and not firing" if states.get("pending", cured) < cured else "inactive"
        yield Defect(
            f"was {reached} {cured - cause:.1f} s after its cause ({', '.join(_faults(evidence, promised))}) had begun",
            f"query its expression in Prometheus in the phase {promised.phase}; the rule is in {rule.file}"
            + _shrunk(rule, life.factor),
            "firing",
            reached,
        )
        return
    # A rule is evaluated at intervals: `for` is kept when no more than one of them is missing.
    for_seconds = seconds(promised.for_) / life.factor
    waited = states["firing"] - states.get("pending", states["firing"])
    if waited < for_seconds - 2 * evidence.run.evaluation_interval:
        yield Defect(
            f"fired after {waited:.1f} s of pending; its `for` is {for_seconds:g} s here",
            "check whether two rules have this name",
            for_seconds,
            waited,
        )
    yield from delivery_problems(claim.subject, promised, evidence)
    firings = state_intervals(evidence, claim.subject).firing
    if len(firings) > 1:
        again = firings[1].start - start
        yield Defect(
            f"fired {len(firings)} times for one cause, again at {again:.1f} s",
            "a flapping alert needs a longer window, or keep_firing_for",
            1,
            len(firings),
            failed_scrapes(evidence, firings[0].end, firings[0].end),
        )
    if "resolved" not in states or "resolved" not in life.notified:
        what = "did not resolve" if "resolved" not in states else "resolved, but its receiver was not notified"
        yield Defect(
            f"{what} within {evidence.end - phase.end:.1f} s after its cause had ended",
            "look at send_resolved, and at whether the expression goes back below its threshold",
            "resolved",
            life.states[-1][0],
        )


def _early(name: str, cause: float, evidence: Evidence) -> Iterator[Defect]:
    """Tell of an alert that was active on healthy load, or fired in a phase that is not its own."""
    start = evidence.run.phases[0].start
    active = state_intervals(evidence, name)
    healthy = [one.start - start for one in (*active.pending, *active.firing) if one.start <= evidence.baseline.end]
    firing = [one.start - start for one in active.firing]
    began = min((*healthy, *firing), default=math.inf)
    if began >= cause:
        return
    *_, phase = (one.name for one in evidence.run.phases if one.start - start <= began)
    yield Defect(
        f"was active {cause - began:.1f} s before its cause began, in the phase {phase}",
        "raise its threshold, or fix what it measures; if another alert's phase causes it, separate the two causes",
        cause,
        round(began, 2),
    )


def _failing(rule: Rule, evidence: Evidence) -> Iterator[Defect]:
    """Tell of the last error of an alert's rule, or of one that it reads, in whichever phase."""
    feeding = {one.name for one in evidence.scenario.rules if feeds(one, rule.expr)}
    for row in _errors(evidence):
        if row["name"] == rule.name or row["name"] in feeding:
            what = "could not be evaluated" if row["name"] == rule.name else f"reads {row['name']}, which failed"
            yield Defect(
                f"{what} in the phase {row['phase']}: {row['lastError']}",
                f"query its expression in Prometheus in the phase {row['phase']}; the rule is in {rule.file}",
                "no error",
                row["lastError"],
            )


def _state_conflicts(name: str, evidence: Evidence) -> Iterator[Defect]:
    """Tell where Prometheus' own record of an alert at the end of a phase is none of what it wrote about then."""
    found, slack = all_state_intervals(evidence, name), EVALUATIONS * evidence.run.evaluation_interval
    for row in evidence.rule_records:
        since, until = row["time"] - slack, row["time"] + slack
        if row["name"] != name or "state" not in row or since < evidence.baseline.start:
            continue
        spans = {"pending": found.pending, "firing": found.firing}
        seen = {state for state, ones in spans.items() if any(one.start <= until and one.end >= since for one in ones)}
        if row["state"] not in seen | (set() if _throughout(found, since, until) else {"inactive"}):
            yield Defect(
                f"is {row['state']} after {row['phase']} in Prometheus' rules API, but not in ALERTS",
                "look at Prometheus' rules page; another rule may have this name",
                row["state"],
                sorted(seen) or "inactive",
            )


def _throughout(found: StateIntervals, since: float, until: float) -> bool:
    """Tell whether an alert was active all the while, in one state after the other."""
    spans = sorted((*found.pending, *found.firing), key=lambda one: one.start)
    reached = since
    for one in spans:
        if one.start <= reached:
            reached = max(reached, one.end)
    return reached >= until


def _errors(evidence: Evidence) -> list[Row]:
    return [row for row in evidence.rule_records if row["health"] == "err"]


def _evaluation_errors(evidence: Evidence, left: Mapping[str, str]) -> Iterator[Result]:
    """Report, once each, the rules that no judged alert stands for and whose evaluation failed."""
    drilled = evidence.scenario.contract.drilled_alerts.keys() - left.keys()
    judged = [rule.expr for rule in evidence.scenario.rules if rule.alert in drilled]
    spoken_for = {rule.name for rule in evidence.scenario.rules if any(feeds(rule, expr) for expr in judged)} | drilled
    first = {row["name"]: row for row in reversed(_errors(evidence)) if row["name"] not in spoken_for}
    for name, row in first.items():
        yield ResultsFor("alert", name).failed(
            f"{name} could not be evaluated in the phase {row['phase']}: {row['lastError']}",
            "query its expression in Prometheus; a rule that fails writes no series",
            expected="no error",
            seen=row["lastError"],
        )


def _shrunk(rule: Rule, factor: float) -> str:
    """Say of a count that compressed time makes smaller that it does, to whom it may have kept silent."""
    names = counting_functions(rule.expr) if factor > 1 else ()
    called = " and ".join(f"{name}()" for name in names)
    return f"; {called} counts within a window that is {factor:g} times shorter in the drill" if names else ""


def _others(evidence: Evidence, left: Mapping[str, str]) -> Iterator[Result]:
    """Report every firing of an alert for which the drill has no cause at all.

    Those that are left uncompressed follow the real clock, and not the drill.
    """
    start = evidence.run.phases[0].start
    documented = evidence.scenario.contract.alerts
    for rule in evidence.scenario.rules:
        if not rule.alert or rule.alert in documented or rule.alert in left:
            continue
        for firing in state_intervals(evidence, rule.alert).firing:
            during = (phase.name for phase in evidence.run.phases if phase.start <= firing.start <= phase.end)
            yield ResultsFor("alert", rule.alert).failed(
                f"{rule.alert} fired {firing.start - start:.1f} s into the drill"
                f" (phase {next(during, 'none')}), where it has no cause",
                "raise its threshold, or give it a phase of its own",
                expected="silent",
                seen="firing",
            )


def _faults(evidence: Evidence, promised: Alert) -> tuple[str, ...]:
    phase = next(phase for phase in evidence.scenario.drill.phases if phase.name == promised.phase)
    return phase.faults or (phase.name,)
