"""The life of an alert in a run: its states, whom it was told to and when, and by when each of that was due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.alerts.deadlines import deadlines
from promdrill.alerts.delivery import notifications
from promdrill.alerts.states import condition_since, state_intervals
from promdrill.model import LIFE_STEPS, AlertLife, Deadline
from promdrill.rules.compressible import incompressible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill.alerts.states import Interval, StateIntervals
    from promdrill.contract.records import Alert
    from promdrill.evidence import Evidence


def alert_lives(evidence: Evidence) -> tuple[AlertLife, ...]:
    """Return what each alert of the contract lived through in the run."""
    return tuple(alert_life(evidence, name, promised) for name, promised in evidence.scenario.contract.alerts.items())


def alert_life(evidence: Evidence, name: str, promised: Alert) -> AlertLife:
    """Return the states of one alert and its notifications, in seconds of the drill."""
    start = evidence.run.phases[0].start
    active = state_intervals(evidence, name)
    states = [("inactive", 0.0)]
    if pending := _pending_before_firing(active):
        states.append(("pending", pending.start - start))
    if active.firing:
        states.append(("firing", active.firing[0].start - start))
        if active.firing[0].end + 2 * evidence.run.evaluation_interval < evidence.end:
            states.append(("resolved", active.firing[0].end + evidence.run.evaluation_interval - start))
    told = {status: notifications(evidence, name, status) for status in ("firing", "resolved")}
    notified = {status: round(ones[0].at - start, 2) for status, ones in told.items() if ones}
    reached = tuple(dict.fromkeys(one.receiver for one in told["firing"]))
    rounded = tuple((state, round(at, 2)) for state, at in states)
    return AlertLife(
        name,
        evidence.run.factors.get(name, 1.0),
        () if name in incompressible(evidence.scenario.rules) else ("live",),
        rounded,
        notified,
        ", ".join(promised.receiver or reached),
        _deadlines(evidence, name, promised, dict(rounded), notified),
    )


def _pending_before_firing(active: StateIntervals) -> Interval | None:
    """Return the stretch of pending that the first firing came from; without one, the first."""
    before = [one for one in active.pending if not active.firing or one.start <= active.firing[0].start]
    return (before[-1] if active.firing else before[0]) if before else None


def _deadlines(
    evidence: Evidence, name: str, promised: Alert, states: Mapping[str, float], notified: Mapping[str, float]
) -> dict[str, Deadline]:
    phase = next((one for one in evidence.scenario.drill.phases if one.name == promised.phase), None)
    if phase is None:
        return {}
    start = evidence.run.phases[0].start
    seen = {state: at for state, at in states.items() if state in LIFE_STEPS}
    seen |= {
        step: notified[status]
        for step, status in (("notified", "firing"), ("notified of resolved", "resolved"))
        if status in notified
    }
    reached = {step: at + start for step, at in seen.items()}
    firing = state_intervals(evidence, name).firing
    if firing and "pending" in reached:
        reached["condition"] = condition_since(evidence, name, reached["pending"], firing[0].start)
    by = deadlines(name, phase, evidence, reached)
    return {step: Deadline(round(by[step] - start, 2), seen.get(step)) for step in LIFE_STEPS if step in by}
