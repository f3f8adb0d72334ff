"""An alert is silent on healthy load, fires by its deadline when its cause is there, is delivered, and resolves."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from harness.checks.registry import Claimed, check
from harness.contract.durations import seconds
from harness.drill.compressible import counted, incompressible
from harness.evidence.alerts import activity, notifications
from harness.model import AlertLife

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.contract.records import Alert
    from harness.contract.rules import Rule
    from harness.evidence import Evidence
    from harness.evidence.alerts import Activity, Interval
    from harness.model import Result

UNRENDERED = re.compile(r"\{\{|<no value>|<error |\$(?:value|labels)\b")


@check("alert")
def alert(evidence: Evidence) -> Iterator[Result]:
    """The alert goes inactive, pending, firing, notified, resolved, notified, once; and no other alert fires."""
    if evidence.run.short:
        return
    contract = evidence.scenario.contract
    left = incompressible(evidence.scenario.rules)
    errata = {one.subject for erratum in contract.errata for one in erratum.claims if one.kind == "alert"}
    for name, promised in contract.drilled.items():
        claim = Claimed("alert", name, evidence.scenario.source(promised.source))
        if name in left:
            if name not in errata:
                yield _unlived(claim, left[name])
            continue
        life = lived(evidence, name, promised)
        numbers = {"states": [list(state) for state in life.states], "notified": dict(life.notified)}
        broken = next(_broken(claim, promised, life, evidence), None)
        if broken is None:
            told = ", ".join(f"{state} at {at:.1f} s" for state, at in life.notified.items())
            yield claim.passed(
                "; ".join(f"{state} at {at:.1f} s" for state, at in life.states) + f"; notified of {told}", **numbers
            )
        else:
            message, remedy, expected, seen = broken
            yield claim.failed(f"{name} {message}", remedy, expected=expected, seen=seen, **numbers)
    yield from _others(evidence, left)


def _unlived(claim: Claimed, reason: str) -> Result:
    return claim.inconclusive(
        f"{claim.subject} cannot be lived through in compressed time: {reason}",
        "have it proved in virtual time (`promdrill alerts`), and say in a waiver that this is enough",
        reason=reason,
    )


def lives(evidence: Evidence) -> tuple[AlertLife, ...]:
    """Return what each alert of the contract lived through in the run."""
    return tuple(lived(evidence, name, promised) for name, promised in evidence.scenario.contract.alerts.items())


def lived(evidence: Evidence, name: str, promised: Alert) -> AlertLife:
    """Return the states of one alert and its notifications, in seconds of the drill."""
    start = evidence.run.phases[0].start
    active = activity(evidence, name)
    states = [("inactive", 0.0)]
    if pending := _led_to_firing(active):
        states.append(("pending", pending.start - start))
    if active.firing:
        states.append(("firing", active.firing[0].start - start))
        if active.firing[0].end + 2 * evidence.run.evaluation_interval < evidence.end:
            states.append(("resolved", active.firing[0].end + evidence.run.evaluation_interval - start))
    notified = {
        status: round(payloads[0]["received"] - start, 2)
        for status in ("firing", "resolved")
        if (payloads := notifications(evidence, name, status))
    }
    return AlertLife(
        name,
        evidence.run.factors.get(name, 1.0),
        () if name in incompressible(evidence.scenario.rules) else ("live",),
        tuple((state, round(at, 2)) for state, at in states),
        notified,
        promised.receiver,
    )


def _led_to_firing(active: Activity) -> Interval | None:
    """Return the stretch of pending that the first firing came from; without one, the first."""
    before = [one for one in active.pending if not active.firing or one.start <= active.firing[0].start]
    return (before[-1] if active.firing else before[0]) if before else None


Broken = tuple[str, str, Any, Any]


def _broken(claim: Claimed, promised: Alert, life: AlertLife, evidence: Evidence) -> Iterator[Broken]:
    """Yield what is wrong with an alert's life, the first cause first: message, remedy, expected and seen."""
    states = dict(life.states)
    phase = evidence.phase(str(promised.phase))
    start = evidence.run.phases[0].start
    # Times of a life are rounded; a phase begins when its fault is on, and ends when it is seen to be firing.
    cause, cured = round(phase.start - start, 2), round(phase.end - start + evidence.run.evaluation_interval, 2)
    rule = evidence.scenario.alerting_rule(claim.subject)
    yield from _early(claim.subject, cause, evidence)
    if states.get("firing", cured + 1) > cured:
        reached = "pending and not firing" if states.get("pending", cured) < cured else "inactive"
        yield (
            f"was {reached} {cured - cause:.1f} s after its cause ({', '.join(_faults(evidence, promised))}) had begun",
            f"ask Prometheus for its expression in the phase {promised.phase}; the rule is in {rule.file}"
            + _shrunk(rule, life.factor),
            "firing",
            reached,
        )
        return
    # A rule is evaluated at intervals: `for` is kept when no more than one of them is missing.
    for_seconds = seconds(promised.for_) / life.factor
    waited = states["firing"] - states.get("pending", states["firing"])
    if waited < for_seconds - 2 * evidence.run.evaluation_interval:
        yield (
            f"fired after {waited:.1f} s of pending; its `for` is {for_seconds:g} s here",
            "look for two rules of this name",
            for_seconds,
            waited,
        )
    yield from _undelivered(claim.subject, promised, evidence)
    firings = activity(evidence, claim.subject).firing
    if len(firings) > 1:
        again = firings[1].start - start
        yield (
            f"fired {len(firings)} times for one cause, again at {again:.1f} s",
            "a flapping alert needs a longer window, or keep_firing_for",
            1,
            len(firings),
        )
    if "resolved" not in states or "resolved" not in life.notified:
        what = "did not resolve" if "resolved" not in states else "resolved, and its receiver was not told,"
        yield (
            f"{what} within {evidence.end - phase.end:.1f} s after its cause had ended",
            "look at send_resolved, and at whether the expression goes back below its threshold",
            "resolved",
            life.states[-1][0],
        )


def _early(name: str, cause: float, evidence: Evidence) -> Iterator[Broken]:
    """Tell of an alert that was active on healthy load, or fired in a phase that is not its own."""
    start = evidence.run.phases[0].start
    active = activity(evidence, name)
    healthy = [one.start - start for one in (*active.pending, *active.firing) if one.start <= evidence.baseline.end]
    firing = [one.start - start for one in active.firing]
    began = min((*healthy, *firing), default=math.inf)
    if began >= cause:
        return
    *_, phase = (one.name for one in evidence.run.phases if one.start - start <= began)
    yield (
        f"was active {cause - began:.1f} s before its cause began, in the phase {phase}",
        "raise its threshold, or mend what it measures; in the phase of another alert, keep the two causes apart",
        cause,
        round(began, 2),
    )


def _undelivered(name: str, promised: Alert, evidence: Evidence) -> Iterator[Broken]:
    payloads = notifications(evidence, name, "firing")
    if not payloads:
        yield (
            f"fired, and its receiver {promised.receiver} was not notified",
            "look at the route in alertmanager.yml",
            promised.receiver,
            None,
        )
        return
    payload = payloads[0]
    if payload["receiver"] != promised.receiver:
        yield (
            f"was delivered to {payload['receiver']}, documented is {promised.receiver}",
            "look at the route in alertmanager.yml",
            promised.receiver,
            payload["receiver"],
        )
    for instance in payload["alerts"]:
        yield from _misdelivered(instance, promised)


def _misdelivered(instance: Mapping[str, Any], promised: Alert) -> Iterator[Broken]:
    severity = instance["labels"].get("severity")
    if severity != promised.severity:
        yield (
            f"arrived with severity {severity!r}, documented is {promised.severity!r}",
            "set the label in the rule",
            promised.severity,
            severity,
        )
    for key, template in promised.annotations.items():
        text = instance["annotations"].get(key, "")
        if UNRENDERED.search(text) or not _rendering(template).fullmatch(text):
            yield (
                f"arrived with the {key} {text!r}, documented is {template!r}",
                "mend the template; it can only use labels that the expression keeps",
                template,
                text,
            )


def _shrunk(rule: Rule, factor: float) -> str:
    """Say of a count that compressed time makes smaller that it does, to whom it may have kept silent."""
    names = counted(rule.expr) if factor > 1 else ()
    called = " and ".join(f"{name}()" for name in names)
    return f"; what {called} counts, it counts in a window that is {factor:g} times as short here" if names else ""


def _others(evidence: Evidence, left: Mapping[str, str]) -> Iterator[Result]:
    """Report every firing of an alert for which the drill has no cause at all.

    Those that are left uncompressed follow the real clock, and not the drill.
    """
    start = evidence.run.phases[0].start
    documented = evidence.scenario.contract.alerts
    for rule in evidence.scenario.rules:
        if not rule.alert or rule.alert in documented or rule.alert in left:
            continue
        for firing in activity(evidence, rule.alert).firing:
            during = (phase.name for phase in evidence.run.phases if phase.start <= firing.start <= phase.end)
            yield Claimed("alert", rule.alert).failed(
                f"{rule.alert} fired {firing.start - start:.1f} s into the drill"
                f" (phase {next(during, 'none')}), where it has no cause",
                "raise its threshold, or give it a phase of its own",
                expected="silent",
                seen="firing",
            )


def _rendering(template: str) -> re.Pattern[str]:
    """Return a pattern that every rendering of a template matches: its literal text, and something for each action."""
    return re.compile("(?s)" + ".+".join(re.escape(part) for part in re.split(r"\{\{.*?\}\}", template)))


def _faults(evidence: Evidence, promised: Alert) -> tuple[str, ...]:
    phase = next(phase for phase in evidence.scenario.drill.phases if phase.name == promised.phase)
    return phase.faults or (phase.name,)
