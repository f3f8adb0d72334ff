"""An alert is silent on healthy load, fires by its deadline when its cause is there, is delivered, and resolves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from harness.checks.registry import Claimed, check
from harness.contract.durations import seconds
from harness.model import AlertLife

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.contract.records import Alert
    from harness.evidence import Evidence, PhaseTimes
    from harness.model import Result

UNRENDERED = re.compile(r"\{\{|<no value>|<error|NaN|%!")


@check("alert")
def alert(evidence: Evidence) -> Iterator[Result]:
    """The alert goes inactive, pending, firing, notified, resolved, notified; and no other alert fires."""
    if evidence.run.short:
        return
    for name, promised in evidence.scenario.contract.alerts.items():
        claim = Claimed("alert", name, evidence.scenario.source(promised.source))
        life = _life(evidence, name, promised)
        broken = next(_broken(claim, promised, life, evidence), None)
        yield broken or claim.passed(
            "; ".join(f"{state} at {at:.1f} s" for state, at in life.states)
            + "; notified of "
            + ", ".join(f"{state} at {at:.1f} s" for state, at in life.notified.items()),
            states=[list(state) for state in life.states],
            notified=dict(life.notified),
        )
    yield from _others(evidence)


def lives(evidence: Evidence) -> tuple[AlertLife, ...]:
    """Return what each documented alert lived through in the run."""
    return tuple(_life(evidence, name, promised) for name, promised in evidence.scenario.contract.alerts.items())


def _life(evidence: Evidence, name: str, promised: Alert) -> AlertLife:
    """Read the states off ALERTS, which Prometheus writes at every evaluation, so that no short state is missed."""
    start = evidence.run.phases[0].start
    moments = _moments(evidence, f'ALERTS{{alertname="{name}"}}')
    pending, firing = moments.get("pending", []), moments.get("firing", [])
    states = [("inactive", 0.0)]
    if pending:
        states.append(("pending", min(pending) - start))
    if firing:
        states.append(("firing", min(firing) - start))
        if max(firing) + 2 * evidence.run.evaluation_interval < evidence.end:
            states.append(("resolved", max(firing) + evidence.run.evaluation_interval - start))
    notified: dict[str, float] = {}
    for payload in _payloads(evidence, name):
        notified.setdefault(payload["status"], payload["received"] - start)
    factor = evidence.run.factors.get(name, 1.0)
    return AlertLife(
        name,
        factor,
        ("live",),
        tuple((state, round(at, 2)) for state, at in states),
        _rounded(notified),
        promised.receiver,
    )


def _broken(claim: Claimed, promised: Alert, life: AlertLife, evidence: Evidence) -> Iterator[Result]:
    name, states = claim.subject, dict(life.states)
    phase = evidence.phase(promised.phase)
    start = evidence.run.phases[0].start
    cause, cured = phase.start - start, phase.end - start
    numbers: dict[str, Any] = {"states": [list(state) for state in life.states], "notified": dict(life.notified)}
    early = states.get("pending", states.get("firing", cause))
    for_seconds = seconds(promised.for_) / life.factor
    if early < cause:
        yield claim.failed(
            f"{name} was active {cause - early:.1f} s before its cause began, on healthy load",
            "raise its threshold, or mend what it measures",
            expected=cause, seen=early, **numbers,
        )  # fmt: skip
    if "firing" not in states:
        reached = "pending and not firing" if "pending" in states else "inactive"
        yield claim.failed(
            f"{name} was {reached} {cured - cause:.1f} s after its cause ({_faults(evidence, promised)}) had begun",
            f"ask for its expression in the phase {promised.phase}; the rule is in {_rule_file(evidence, name)}",
            expected="firing", seen=reached, **numbers,
        )  # fmt: skip
        return
    # A rule is evaluated at intervals: `for` is kept when no more than one of them is missing.
    if states["firing"] - early < for_seconds - 2 * evidence.run.evaluation_interval:
        yield claim.failed(
            f"{name} fired after {states['firing'] - early:.1f} s of pending; its `for` is {for_seconds:g} s here",
            "look for two rules of this name", expected=for_seconds, seen=states["firing"] - early, **numbers,
        )  # fmt: skip
    yield from _undelivered(claim, promised, evidence, numbers)
    if "resolved" not in states or "resolved" not in life.notified:
        what = "did not resolve" if "resolved" not in states else "resolved, and its receiver was not told"
        yield claim.failed(
            f"{name} {what} within {evidence.end - phase.end:.1f} s after its cause had ended",
            "look at send_resolved, and at whether the expression goes back below its threshold",
            expected="resolved", seen=life.states[-1][0], **numbers,
        )  # fmt: skip


def _undelivered(claim: Claimed, promised: Alert, evidence: Evidence, numbers: Mapping[str, Any]) -> Iterator[Result]:
    name = claim.subject
    payload = next((one for one in _payloads(evidence, name) if one["status"] == "firing"), None)
    if payload is None:
        yield claim.failed(
            f"{name} fired, and its receiver {promised.receiver} was not notified",
            "look at the route in alertmanager.yml", expected=promised.receiver, seen=None, **numbers,
        )  # fmt: skip
        return
    if payload["receiver"] != promised.receiver:
        yield claim.failed(
            f"{name} was delivered to {payload['receiver']}, documented is {promised.receiver}",
            "look at the route in alertmanager.yml", expected=promised.receiver, seen=payload["receiver"], **numbers,
        )  # fmt: skip
    for one in payload["alerts"]:
        if one["labels"].get("severity") != promised.severity:
            yield claim.failed(
                f"{name} arrived with severity {one['labels'].get('severity')!r}, documented is {promised.severity!r}",
                "set the label in the rule", expected=promised.severity, seen=one["labels"].get("severity"), **numbers,
            )  # fmt: skip
        for key, template in promised.annotations.items():
            text = one["annotations"].get(key, "")
            if UNRENDERED.search(text) or not _rendering(template).fullmatch(text):
                yield claim.failed(
                    f"{name}: its {key} arrived as {text!r}, documented is {template!r}",
                    "mend the template; it can only use labels that the expression keeps",
                    expected=template, seen=text, **numbers,
                )  # fmt: skip


def _others(evidence: Evidence) -> Iterator[Result]:
    """Report every alert that fired and is not the one that a phase of the drill was to make fire."""
    start = evidence.run.phases[0].start
    documented = evidence.scenario.contract.alerts
    for rule in evidence.scenario.rules:
        if not rule.alert or rule.alert in documented:
            continue
        firing = _moments(evidence, f'ALERTS{{alertname="{rule.alert}"}}').get("firing", [])
        if firing:
            phase = _phase_at(evidence, min(firing))
            yield Claimed("alert", rule.alert).failed(
                f"{rule.alert} fired {min(firing) - start:.1f} s into the drill (phase {phase}), where it has no cause",
                "raise its threshold, or give it a phase of its own",
                expected="silent", seen="firing",
            )  # fmt: skip


def _moments(evidence: Evidence, selector: str) -> dict[str, list[float]]:
    moments: dict[str, list[float]] = {}
    for series in evidence.history(selector).series:
        moments.setdefault(dict(series.labels)["alertstate"], []).extend(time for time, _ in series.points)
    return moments


def _payloads(evidence: Evidence, name: str) -> list[Mapping[str, Any]]:
    return [payload for payload in evidence.notifications if payload["groupLabels"].get("alertname") == name]


def _rendering(template: str) -> re.Pattern[str]:
    """Return a pattern that every rendering of a template matches: its literal text, and something for each action."""
    return re.compile("(?s)" + ".+".join(re.escape(part) for part in re.split(r"\{\{.*?\}\}", template)))


def _faults(evidence: Evidence, promised: Alert) -> str:
    phase = next(phase for phase in evidence.scenario.drill.phases if phase.name == promised.phase)
    return ", ".join(phase.faults) or phase.name


def _rule_file(evidence: Evidence, name: str) -> str:
    return next(rule.file for rule in evidence.scenario.rules if rule.alert == name)


def _phase_at(evidence: Evidence, time: float) -> str:
    during: list[PhaseTimes] = [phase for phase in evidence.run.phases if phase.start <= time <= phase.end]
    return during[0].name if during else "between phases"


def _rounded(notified: Mapping[str, float]) -> dict[str, float]:
    return {state: round(at, 2) for state, at in notified.items()}
