"""By when an alert is due at each step of its life, from its rule's, its group's and the drill's own times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.durations import seconds
from promdrill.rules.compress import longest_change, memory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill.contract import Scenario
    from promdrill.contract.drill import Phase
    from promdrill.evidence import Evidence
    from promdrill.rules.compress import CompressedRules

# On top of what a rule's own times imply: until a cause shows in what the app exposes, two evaluations, two scrapes,
# Alertmanager's group times, and a machine that is busy. A phase ends as soon as its notification is there; this only
# bounds one that never comes.
SLACK_SECONDS = 8.0
# A rule is evaluated at intervals: what is due between two of them is seen by the second, or where that is left out, by
# the third.
EVALUATIONS = 3
# Two programs and a connection, on a machine that is busy.
DELIVERY_SECONDS = 2.0


def notice_seconds(alert: str, scenario: Scenario, compressed: CompressedRules) -> float:
    """Return how long a notification of an alert may take, in real seconds."""
    rule = scenario.alerting_rule(alert)
    return longest_change(rule, scenario.rules) / compressed.factors[alert] + SLACK_SECONDS


def deadlines(alert: str, phase: Phase, evidence: Evidence, seen: Mapping[str, float]) -> dict[str, float]:
    """Return by when, in epoch seconds, an alert that a phase makes fire is due at each of `model.LIFE_STEPS`.

    `seen` is when it came there, and since when its condition held (`condition`): each of the tight deadlines counts
    from the one before. Without that, there is none.
    """
    scenario, interval = evidence.scenario, evidence.run.evaluation_interval
    rule, factor = scenario.alerting_rule(alert), evidence.run.factors.get(alert, 1.0)
    for_seconds = seconds(rule.for_) / factor
    shows = memory(rule, scenario.rules) / factor + _latency(phase, scenario) + SLACK_SECONDS
    delivered = scenario.routing.notice_seconds + interval + DELIVERY_SECONDS
    found = {"pending": evidence.phase(phase.name).start + shows} if for_seconds else {}
    if "condition" in seen:
        found["firing"] = seen["condition"] + for_seconds + EVALUATIONS * interval
    elif not for_seconds:
        found["firing"] = evidence.phase(phase.name).start + shows
    if "firing" in seen:
        silent = max((one.end for one in evidence.suppressed if one.alert == alert and not one.by), default=0.0)
        found["notified"] = max(seen["firing"], silent) + delivered
    if (relief := _relief(alert, phase, scenario)) and "firing" in seen:
        kept = seconds(rule.keep_firing_for or 0) / factor
        over = memory(rule, scenario.rules) / factor + _latency(phase, scenario) + SLACK_SECONDS
        found["resolved"] = evidence.phase(relief).start + kept + over
    if "resolved" in seen:
        found["notified of resolved"] = seen["resolved"] + delivered
    return found


def _latency(phase: Phase, scenario: Scenario) -> float:
    """Return how long a request that is struck by a phase's faults takes: only then is it counted."""
    effects = (fault.get("effect") for name in phase.faults if isinstance(fault := scenario.drill.faults[name], dict))
    return max((float(effect.get("latency", 0)) for effect in effects if isinstance(effect, dict)), default=0.0)


def _relief(alert: str, phase: Phase, scenario: Scenario) -> str | None:
    """Return the first phase after another in which an alert is to resolve."""
    phases = scenario.drill.phases
    later = phases[phases.index(phase) + 1 :]
    return next((one.name for one in later if one.until == "resolved" and alert in one.alerts), None)
