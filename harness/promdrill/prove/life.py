"""One alert over a case: its input silent, then firing, then silent again, and what promtool saw of each instance."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill.prove.case import Case, Segment, quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill.prove.problem import Problem, Schedule
    from promdrill.prove.promtool import Observation, Sample
    from promdrill.prove.series import Labels, Motions
    from promdrill.rules.rulefile import Rule

# Labels of ALERTS that are no label of the instance.
OWN = frozenset({"__name__", "alertname", "alertstate"})
# The places of a case's queries: when each state was first and last, and how often; when the condition was.
PENDING, FIRING, BEFORE, CONDITION = 0, 3, 6, 7


@dataclass(frozen=True)
class Stay:
    """How long one instance of an alert was in a state, in seconds of the test, and at how many evaluations."""

    first: float
    last: float
    count: int


@dataclass(frozen=True)
class Course:
    """The stays of an alert's instances in each state, by their labels; `before` is what it was on the silent input.

    `condition` holds the first and the last time, in seconds, at which the expression itself was true, if it was asked.
    """

    pending: Mapping[Labels, Stay]
    firing: Mapping[Labels, Stay]
    before: tuple[Sample, ...]
    condition: tuple[float, float] | None


def alerts_selector(
    rule: Rule, state: str | None = None, *, shared: bool = False, instance: Mapping[str, str] | None = None
) -> str:
    """Return the series of an alert's states, or of one `instance`; `shared` tells that another rule has its name."""
    own = {label: value for label, value in rule.labels.items() if "{{" not in value} if shared else {}
    labels = {"alertname": rule.name, **own, **(instance or {}), **({"alertstate": state} if state else {})}
    return f"ALERTS{{{','.join(f'{label}={quote(value)}' for label, value in labels.items())}}}"


def subquery(span: float, plan: Schedule) -> str:
    """Return the range of a subquery over some seconds, a step for each evaluation."""
    return f"[{round(span * 1000)}ms:{round(plan.interval * 1000)}ms]"


def change(silent: Motions, then: Motions, plan: Schedule, lasts: float) -> tuple[Segment, Segment]:
    """Return segments in which a silent input is followed by another one."""
    return Segment(silent, plan.fill), Segment(then, lasts)


def life_case(
    problem: Problem,
    inputs: tuple[Motions, Motions],
    lasts: float,
    *,
    condition: str | None = None,
    shared: bool = False,
) -> Case:
    """Return a case in which series move as a silent input, as a firing one, and as the silent one again.

    `inputs` are the two. The firing one lasts so many seconds and `for`; the last silent one as long as the alert may
    look back.
    """
    plan, rule = problem.plan, problem.rule
    lasts = plan.up(lasts + plan.held) + 2 * plan.interval
    after = plan.up(plan.fill + plan.kept) + 2 * plan.interval
    segments = (*change(*inputs, plan, lasts), Segment(inputs[0], after))
    end = sum(segment.seconds for segment in segments)
    window = subquery(end - plan.fill + plan.interval / 2, plan)
    texts = [
        text
        for state in ("pending", "firing")
        for series in (alerts_selector(rule, state, shared=shared),)
        for text in (
            f"min_over_time(timestamp({series}){window})",
            f"max_over_time(timestamp({series}){window})",
            f"count_over_time({series}{window})",
        )
    ]
    edges = [f"{edge}({edge}_over_time(timestamp(\n{condition}\n){window}))" for edge in ("min", "max")]
    queries = (
        *((text, end) for text in texts),
        (alerts_selector(rule, shared=shared), plan.fill - plan.interval),
        *((text, end) for text in edges if condition),
    )
    return Case(segments, queries, (rule.name, plan.fill + lasts - plan.interval))


def course(seen: Observation) -> Course:
    """Return what promtool saw in such a case."""
    first, last = (next(iter(seen.values(query)), None) for query in (CONDITION, CONDITION + 1))
    condition = None if first is None or last is None else (first, last)
    return Course(_stays(seen, PENDING), _stays(seen, FIRING), seen.answers.get(BEFORE, ()), condition)


def _stays(seen: Observation, query: int) -> dict[Labels, Stay]:
    values: dict[Labels, list[float]] = defaultdict(list)
    for one in (query, query + 1, query + 2):
        for sample in seen.answers.get(one, ()):
            values[frozenset(pair for pair in sample.labels.items() if pair[0] not in OWN)].append(sample.value)
    return {labels: Stay(first, last, round(count)) for labels, (first, last, count) in values.items()}
