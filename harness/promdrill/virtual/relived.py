"""An alert's life on recorded phases: healthy load, its fault, healthy load again, each as long as its rule needs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill.durations import notation
from promdrill.model import VirtualLife
from promdrill.virtual.case import Case, Segment
from promdrill.virtual.life import selector
from promdrill.virtual.reach import OutOfReachError
from promdrill.virtual.recorded import read_recorded
from promdrill.virtual.spans import faulty, healthy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill.evidence import Evidence
    from promdrill.model import States
    from promdrill.virtual.promtool import Fired, Observed
    from promdrill.virtual.schedule import Schedule
    from promdrill.virtual.search import Setting

OWN = frozenset({"__name__", "alertname", "alertstate"})
# What is asked of a state: when it was first and last, and how often.
PENDING, FIRING, BEFORE = 0, 3, 6


@dataclass(frozen=True)
class Stay:
    """How long one instance of an alert was in a state, in seconds of the test, and at how many evaluations."""

    first: float
    last: float
    count: int


@dataclass(frozen=True)
class Relived:
    """One alert's life in virtual time: `labels` are those of the instance that fired first, `fired` all that did."""

    case: Case
    life: VirtualLife
    labels: Mapping[str, str]
    fired: tuple[Fired, ...]
    last: float


def relive(setting: Setting, evidence: Evidence, *, shared: bool) -> Relived:
    """Return what an alert does when what the run recorded lasts as long as the rule's own times ask for.

    `shared` tells that another rule has its name.

    Raises:
        OutOfReachError: what its rule reads cannot be made to last longer, or promtool cannot evaluate it.
    """
    rule, plan = setting.rule, setting.plan
    recorded = read_recorded(evidence, rule, setting.book.feeding(rule))
    # Not as long as it looks back by offsets: then it would look back on its own fault.
    lasts = plan.up(plan.settle + recorded.clock + plan.held) + 2 * plan.interval
    after = plan.up(plan.fill + plan.kept) + 2 * plan.interval
    calm = recorded.motions(healthy(evidence), 0.0)
    fault = recorded.motions(faulty(evidence, rule, setting.book.memory(rule, offsets=False)), plan.fill)
    segments = (Segment(calm, plan.fill), Segment(fault, lasts), Segment(calm, after))
    case = Case(segments, _asked(setting, segments, shared=shared), (rule.name, plan.fill + lasts - plan.interval))
    (seen,) = setting.observe([case], alerting=True)
    if seen.errors:
        raise OutOfReachError(f"promtool: {seen.errors[0]}")
    return _judged(case, plan, seen)


def _asked(setting: Setting, segments: tuple[Segment, ...], *, shared: bool) -> tuple[tuple[str, float], ...]:
    plan, begins, end = setting.plan, segments[0].seconds, sum(segment.seconds for segment in segments)
    window = f"[{round((end - begins + plan.interval / 2) * 1000)}ms:{notation(plan.interval)}]"
    texts = [
        text
        for state in ("pending", "firing")
        for series in (selector(setting.rule, state, shared=shared),)
        for text in (
            f"min_over_time(timestamp({series}){window})",
            f"max_over_time(timestamp({series}){window})",
            f"count_over_time({series}{window})",
        )
    ]
    return (*((text, end) for text in texts), (selector(setting.rule, shared=shared), begins - plan.interval))


def _stays(seen: Observed, query: int) -> dict[frozenset[tuple[str, str]], Stay]:
    """Return the stays in a state, by the labels of the instance."""
    values: dict[frozenset[tuple[str, str]], list[float]] = defaultdict(list)
    for one in (query, query + 1, query + 2):
        for sample in seen.answers.get(one, ()):
            values[frozenset(pair for pair in sample.labels.items() if pair[0] not in OWN)].append(sample.value)
    return {labels: Stay(first, last, round(count)) for labels, (first, last, count) in values.items()}


def _judged(case: Case, plan: Schedule, seen: Observed) -> Relived:
    begins = plan.fill
    cured = begins + case.segments[1].seconds
    pending, firing = _stays(seen, PENDING), _stays(seen, FIRING)
    labels, stay = min(firing.items(), key=lambda one: (one[1].first, sorted(one[0])), default=(frozenset(), None))
    waiting = pending.get(labels) if stay else min(pending.values(), key=lambda one: one.first, default=None)
    states: States = (("inactive", 0.0),)
    states += (("pending", waiting.first),) if waiting else ()
    broken = ""
    if seen.answers.get(BEFORE):
        broken = f"was {seen.answers[BEFORE][0].labels['alertstate']} on the recorded healthy load"
    elif stay is None:
        reached = "pending and not firing" if waiting else "inactive"
        broken = f"was {reached} {notation(cured - begins)} after its recorded fault had begun"
    if stay:
        states += (("firing", stay.first),)
        ended = max(one.last for one in firing.values())
        states += (("resolved", ended + plan.interval),) if ended < case.end else ()
        broken = broken or _otherwise(stay, waiting, ended, case, plan)
    life = VirtualLife(states, begins, cured, broken=broken)
    return Relived(case, life, dict(labels), seen.fired, cured - plan.interval)


def _otherwise(stay: Stay, waiting: Stay | None, ended: float, case: Case, plan: Schedule) -> str:
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
