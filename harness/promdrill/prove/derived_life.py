"""One alert's life on its derived inputs: inactive, pending, firing, resolved, and what else might wake it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from promdrill.prove.case import Case, Segment
from promdrill.prove.errors import OutOfReachError
from promdrill.prove.life import alerts_selector, course, life_case, subquery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill.prove.inputs import InputPair
    from promdrill.prove.life import Stay
    from promdrill.prove.problem import Problem
    from promdrill.prove.promtool import Fired, Observation
    from promdrill.prove.series import Labels

NOTHING, GAP, RESET = "no series", "a gap of scrapes", "a counter reset"
SCRAPES_MISSED = 3


@dataclass(frozen=True)
class DerivedLife:
    """When, in seconds of the test, an alert was what. `also` tells of each disturbance whether the alert fired at it.

    `fires_from` is when the firing input began, `last` the last evaluation of it.
    """

    case: Case
    fires_from: float
    last: float
    true_from: float
    pending: float | None
    firing: float
    firing_until: float
    fired: tuple[Fired, ...]
    also: Mapping[str, bool] = field(default_factory=dict)

    @property
    def states(self) -> tuple[str, ...]:
        """The states that were seen, in order."""
        return ("inactive", *(("pending",) if self.pending is not None else ()), "firing", "resolved")


def disturbances(problem: Problem, pair: InputPair) -> dict[str, Case]:
    """Return what must not wake an alert whose input is silent, each asked at its end whether it ever fired."""
    plan, silent = problem.plan, pair.calm
    missed = plan.up(SCRAPES_MISSED * plan.sample)
    rest = plan.settle + plan.held
    segments = {
        NOTHING: (Segment({}, plan.fill + plan.held),),
        GAP: (Segment(silent, plan.fill), Segment(silent, missed, missed=True), Segment(silent, rest)),
        RESET: (Segment(silent, plan.fill), Segment(silent, rest, reset=True)),
    }
    if not any(motion.first for motion in silent.values() if motion.kind == "counter"):
        del segments[RESET]
    firing = alerts_selector(problem.rule, "firing")
    cases = {}
    for name, parts in segments.items():
        end = sum(part.seconds for part in parts)
        since = 0.0 if name == NOTHING else plan.fill - plan.interval
        cases[name] = Case(parts, ((f"count(max_over_time({firing}{subquery(end - since, plan)}))", end),))
    return cases


def derive_life(problem: Problem, pair: InputPair) -> DerivedLife:
    """Return what an alert lives through when its input is silent, fires, and is silent again.

    Raises:
        OutOfReachError: it does not live through it as its rule says; the text tells where it did otherwise.
    """
    disturbed = disturbances(problem, pair)
    lasts = pair.lasts or problem.plan.fill
    case = life_case(problem, (pair.silent, pair.fires), lasts, condition=problem.rule.expr)
    seen, *rest = problem.observe([case, *disturbed.values()], alerting=True)
    also = {name: bool(one.values(0)) for name, one in zip(disturbed, rest, strict=True)}
    return replace(_judge(problem, case, seen), also=also)


def _judge(problem: Problem, case: Case, seen: Observation) -> DerivedLife:
    plan = problem.plan
    if seen.errors:
        raise OutOfReachError(f"promtool: {seen.errors[0]}")
    found = course(seen)
    if found.before:
        raise OutOfReachError("it does not stay silent on the input that should leave it silent")
    if found.condition is None:
        raise OutOfReachError("its expression is true only while its input is steady, not when the input changes")
    true, true_until = found.condition
    if not found.firing:
        raise OutOfReachError(f"it is true from {true:g} s on, but not for {problem.rule.for_}")
    firing, firing_until, count = _whole(found.firing)
    pending, pending_until, _ = _whole(found.pending) if found.pending else (None, None, 0)
    due = true + plan.up(plan.held)
    if firing != due or (plan.held and (pending, pending_until) != (true, firing - plan.interval)):
        raise OutOfReachError(
            f"true from {true:g} s on, it fires at {firing:g} s, not at {due:g} s: it switches on and off"
        )
    if count != round((firing_until - firing) / plan.interval) + 1:
        raise OutOfReachError("it fires on and off while its input stays the same")
    last = plan.fill + case.segments[1].seconds - plan.interval
    if not firing <= last <= firing_until:
        raise OutOfReachError("it stops firing while its input lasts")
    if firing_until >= case.end:
        raise OutOfReachError(f"it still fires {case.segments[-1].seconds:g} s after its cause is gone")
    if plan.kept and firing_until < true_until + plan.kept - plan.interval:
        raise OutOfReachError(f"it does not keep firing for {problem.rule.keep_firing_for}")
    return DerivedLife(case, plan.fill, last, true, pending if plan.held else None, firing, firing_until, seen.fired)


def _whole(stays: Mapping[Labels, Stay]) -> tuple[float, float, int]:
    """Return when any instance was first and last in a state, and at how many evaluations one was at most."""
    return (
        min(one.first for one in stays.values()),
        max(one.last for one in stays.values()),
        max(one.count for one in stays.values()),
    )
