"""One alert's life on its inputs: inactive, pending, firing, resolved, and what else might wake it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from promdrill.virtual.case import Case, Segment, quoted
from promdrill.virtual.reach import OutOfReachError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill.rules.rulefile import Rule
    from promdrill.virtual.motion import Motions
    from promdrill.virtual.promtool import Fired, Observed
    from promdrill.virtual.schedule import Schedule
    from promdrill.virtual.search import Found, Setting

NOTHING, GAP, RESET = "no series", "a gap of scrapes", "a counter reset"
SCRAPES_MISSED = 3


@dataclass(frozen=True)
class Life:
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


def selector(
    rule: Rule, state: str | None = None, *, shared: bool = False, instance: Mapping[str, str] | None = None
) -> str:
    """Return the series of an alert's states, or of one `instance`; `shared` tells that another rule has its name."""
    own = {label: value for label, value in rule.labels.items() if "{{" not in value} if shared else {}
    wanted = {"alertname": rule.name, **own, **(instance or {}), **({"alertstate": state} if state else {})}
    return f"ALERTS{{{','.join(f'{label}={quoted(value)}' for label, value in wanted.items())}}}"


def disturbances(setting: Setting, found: Found) -> dict[str, Case]:
    """Return what must not wake an alert whose input is silent, each asked at its end whether it ever fired."""
    plan, silent = setting.plan, found.calm
    missed = plan.up(SCRAPES_MISSED * plan.sample)
    rest = plan.settle + plan.held
    segments = {
        NOTHING: (Segment({}, plan.fill + plan.held),),
        GAP: (Segment(silent, plan.fill), Segment(silent, missed, missed=True), Segment(silent, rest)),
        RESET: (Segment(silent, plan.fill), Segment(silent, rest, reset=True)),
    }
    if not any(motion.first for motion in silent.values() if motion.kind == "counter"):
        del segments[RESET]
    cases = {}
    for name, parts in segments.items():
        end = sum(part.seconds for part in parts)
        since = 0.0 if name == NOTHING else plan.fill - plan.interval
        cases[name] = Case(parts, ((f"count({_over('max', setting.rule, 'firing', end - since, plan)})", end),))
    return cases


def live(setting: Setting, found: Found) -> Life:
    """Return what an alert lives through when its input is silent, fires, and is silent again.

    Raises:
        OutOfReachError: it does not live through it as its rule says; the text tells where it did otherwise.
    """
    disturbed = disturbances(setting, found)
    case = _case(setting, found, found.lasts or setting.plan.fill)
    seen, *rest = setting.observe([case, *disturbed.values()], alerting=True)
    also = {name: bool(one.values(0)) for name, one in zip(disturbed, rest, strict=True)}
    return replace(_judged(setting, case, seen), also=also)


def before(found: Found, plan: Schedule, then: Motions, lasts: float) -> tuple[Segment, ...]:
    """Return segments in which a silent input is followed by another one."""
    return (Segment(found.silent, plan.fill), Segment(then, lasts))


def _over(function: str, rule: Rule, state: str, span: float, plan: Schedule) -> str:
    return f"{function}_over_time({selector(rule, state)}[{_text(span)}:{_text(plan.interval)}])"


def _text(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"


def _case(setting: Setting, found: Found, lasts: float) -> Case:
    plan, rule = setting.plan, setting.rule
    lasts = plan.up(lasts + plan.held) + 2 * plan.interval
    segments = (
        *before(found, plan, found.fires, lasts),
        Segment(found.silent, plan.up(plan.fill + plan.kept) + 2 * plan.interval),
    )
    begins, end = plan.fill, sum(segment.seconds for segment in segments)
    window = f"[{_text(end - begins + plan.interval / 2)}:{_text(plan.interval)}]"

    def moment(edge: str, what: str) -> str:
        return f"{edge}({edge}_over_time(timestamp({what}){window}))"

    pending, firing = selector(rule, "pending"), selector(rule, "firing")
    queries = (
        moment("min", f"\n{rule.expr}\n"),
        moment("max", f"\n{rule.expr}\n"),
        moment("min", pending),
        moment("max", pending),
        moment("min", firing),
        moment("max", firing),
        f"max(count_over_time({firing}{window}))",
    )
    asked = (*((text, end) for text in queries), (selector(rule), begins - plan.interval))
    return Case(segments, asked, (rule.name, begins + lasts - plan.interval))


def _judged(setting: Setting, case: Case, seen: Observed) -> Life:
    plan = setting.plan
    if seen.errors:
        raise OutOfReachError(f"promtool: {seen.errors[0]}")
    true, true_until, pending, pending_until, firing, firing_until, count = (
        next(iter(seen.values(query)), None) for query in range(7)
    )
    if seen.values(7):
        raise OutOfReachError("the input that should leave it silent does not do so all the time")
    if true is None or true_until is None:
        raise OutOfReachError("its expression is true in a steady state only, not once the input changes")
    if firing is None or firing_until is None or count is None:
        raise OutOfReachError(f"it is true from {true:g} s on, and does not stay so for {setting.rule.for_}")
    due = true + plan.up(plan.held)
    if firing != due or (plan.held and (pending, pending_until) != (true, firing - plan.interval)):
        raise OutOfReachError(
            f"true from {true:g} s on, it fires at {firing:g} s, not at {due:g} s: it goes on and off"
        )
    if count != round((firing_until - firing) / plan.interval) + 1:
        raise OutOfReachError("it fires on and off while its input stays the same")
    last = plan.fill + case.segments[1].seconds - plan.interval
    if not firing <= last <= firing_until:
        raise OutOfReachError("it does not fire for as long as its input lasts")
    if firing_until >= case.end:
        raise OutOfReachError(f"it still fires {case.segments[-1].seconds:g} s after its cause is gone")
    if plan.kept and firing_until < true_until + plan.kept - plan.interval:
        raise OutOfReachError(f"it does not keep firing for {setting.rule.keep_firing_for}")
    return Life(
        case,
        plan.fill,
        last,
        true,
        pending if plan.held else None,
        firing,
        firing_until,
        seen.fired,
    )
