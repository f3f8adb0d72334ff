"""An alert's life on recorded phases: healthy load, its fault, healthy load again, each as long as its rule needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill.durations import notation
from promdrill.model import VirtualLife
from promdrill.prove.errors import OutOfReachError
from promdrill.prove.life import course, life_case
from promdrill.prove.recorded_series import fault_span, healthy_span, read_recording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill.evidence import Evidence
    from promdrill.model import States
    from promdrill.prove.case import Case
    from promdrill.prove.life import Stay
    from promdrill.prove.problem import Problem, Schedule
    from promdrill.prove.promtool import Fired, Observation


@dataclass(frozen=True)
class RecordedLife:
    """One alert's life in virtual time: `labels` are those of the instance that fired first, `fired` all that did."""

    case: Case
    life: VirtualLife
    labels: Mapping[str, str]
    fired: tuple[Fired, ...]
    last: float


def recorded_life(problem: Problem, evidence: Evidence, *, shared: bool) -> RecordedLife:
    """Return what an alert does when what the run recorded lasts as long as the rule's own times ask for.

    `shared` tells that another rule has its name.

    Raises:
        OutOfReachError: what its rule reads cannot be made to last longer, or promtool cannot evaluate it.
    """
    rule, plan = problem.rule, problem.plan
    recorded = read_recording(evidence, rule, problem.book.feeding(rule))
    calm = recorded.motions(healthy_span(evidence), 0.0)
    fault = recorded.motions(fault_span(evidence, rule, problem.book.memory(rule, offsets=False)), plan.fill)
    # Not as long as it looks back by offsets: then it would look back on its own fault.
    case = life_case(problem, (calm, fault), plan.settle + recorded.clock, shared=shared)
    (seen,) = problem.observe([case], alerting=True)
    if seen.errors:
        raise OutOfReachError(f"promtool: {seen.errors[0]}")
    return _judge(case, plan, seen)


def _judge(case: Case, plan: Schedule, seen: Observation) -> RecordedLife:
    begins = plan.fill
    cured = begins + case.segments[1].seconds
    found = course(seen)
    pending, firing = found.pending, found.firing
    labels, stay = min(firing.items(), key=lambda one: (one[1].first, sorted(one[0])), default=(frozenset(), None))
    waiting = pending.get(labels) if stay else min(pending.values(), key=lambda one: one.first, default=None)
    states: States = (("inactive", 0.0),)
    states += (("pending", waiting.first),) if waiting else ()
    broken = ""
    if found.before:
        broken = f"was {found.before[0].labels['alertstate']} on the recorded healthy load"
    elif stay is None:
        reached = "pending and not firing" if waiting else "inactive"
        broken = f"was {reached} {notation(cured - begins)} after its recorded fault had begun"
    if stay:
        states += (("firing", stay.first),)
        ended = max(one.last for one in firing.values())
        states += (("resolved", ended + plan.interval),) if ended < case.end else ()
        broken = broken or _deviation(stay, waiting, ended, case, plan)
    life = VirtualLife(states, begins, cured, broken=broken)
    return RecordedLife(case, life, dict(labels), seen.fired, cured - plan.interval)


def _deviation(stay: Stay, waiting: Stay | None, ended: float, case: Case, plan: Schedule) -> str:
    """Return what an alert that fires did otherwise than its rule says, or an empty text."""
    cured = plan.fill + case.segments[1].seconds
    waited = stay.first - waiting.first if waiting else 0.0
    if waited < plan.held:
        return f"fired after {notation(waited)} of pending; its `for` is {notation(plan.held)}"
    if stay.count != round((stay.last - stay.first) / plan.interval) + 1 or stay.last < cured - plan.interval:
        return "fired on and off while its recorded fault lasted"
    if ended >= case.end:
        return f"still fired {notation(case.end - cured)} after its recorded fault had ended"
    return ""
