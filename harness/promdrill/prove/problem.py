"""What does not change while one alert is proved: its rule, its times, and promtool, which measures inputs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill.durations import seconds
from promdrill.prove.case import Case, Segment, concatenate
from promdrill.rules import promql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promdrill.prove.catalogue import Catalogue
    from promdrill.prove.promtool import Observation, Promtool
    from promdrill.prove.series import Motions
    from promdrill.rules.rulebook import Rulebook
    from promdrill.rules.rulefile import Rule

MINUTE, HOUR = 60.0, 3600.0
EVEN = (
    0.1,
    0.2,
    0.5,
    *(1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0),
    *(60.0 * one for one in (1, 2, 3, 4, 5, 10, 15, 20, 30)),
)
MOST_STEPS = 500
SAMPLES_IN_WINDOW = 4
# Functions that count samples which differ.
STEPS, SAMPLES_OF_STEPS = frozenset({"changes", "resets"}), 20
# A sample is found for 5 minutes; one that is seldom is written this often all the same.
SELDOM = 240.0


@dataclass(frozen=True)
class Schedule:
    """Times in seconds, all multiples of `interval`, at which rules are evaluated; `sample` is that of the series.

    `fill` is how long an input lasts before all windows hold nothing else, `settle` the same without looking back by
    offsets, `shortest` the same for the shortest window; `held` is `for` and `kept` is `keep_firing_for`.
    """

    interval: float
    sample: float
    fill: float
    settle: float
    shortest: float
    held: float
    kept: float

    def up(self, duration: float) -> float:
        """Return a duration as the next whole number of evaluations."""
        return math.ceil(round(duration / self.interval, 6)) * self.interval


def schedule(rule: Rule, book: Rulebook) -> Schedule:
    """Return the schedule that an alert needs."""
    nodes = [promql.parse(one.expr) for one in (rule, *book.feeding(rule))]
    windows = [window for node in nodes for window in promql.windows(node, subqueries=False)]
    held, kept = seconds(rule.for_), seconds(rule.keep_firing_for or 0)
    memory, settle = (book.memory(rule, offsets=offsets) + promql.LOOKBACK for offsets in (True, False))
    shortest = [window / 5 for window in (*windows, held) if window]
    interval = seconds(rule.interval) if rule.interval else min([MINUTE, *shortest])
    interval = _even(max(interval, (3 * memory + 2 * held + kept) / MOST_STEPS))
    steps = any(name in STEPS for node in nodes for name in promql.functions(node))
    samples = SAMPLES_OF_STEPS if steps else SAMPLES_IN_WINDOW
    finest = min([*(window / samples for window in windows), SELDOM])
    plan = Schedule(interval, interval / math.ceil(round(interval / finest, 6)), 0.0, 0.0, 0.0, held, kept)
    fill, settled, brief = (plan.up(one) + 2 * interval for one in (memory, settle, min(windows, default=0.0)))
    return Schedule(interval, plan.sample, fill, settled, brief, held, kept)


def _even(interval: float) -> float:
    """Return the next interval that reads well; beyond an hour, whole hours."""
    return next((one for one in EVEN if one >= interval), math.ceil(interval / HOUR) * HOUR)


@dataclass(frozen=True)
class Input:
    """How series move; where it matters how they did before, that, and for how many seconds they move so now."""

    now: Motions
    before: Motions | None = None
    lasts: float | None = None


@dataclass(frozen=True)
class Problem:
    """What does not change while one alert is looked at."""

    rule: Rule
    book: Rulebook
    plan: Schedule
    promtool: Promtool
    catalogue: Catalogue | None

    def observe(self, cases: Sequence[Case], *, alerting: bool = False) -> tuple[Observation, ...]:
        """Return what promtool gets in each case, from this alert and what it depends on, or from the latter alone."""
        rules = self.book.file_for(self.rule, alerting=alerting)
        return self.promtool.observe(rules, cases, self.plan.interval, self.plan.sample)

    def measure(self, inputs: Sequence[Input], queries: Sequence[str] = ()) -> tuple[Observation, ...]:
        """Return what the expression, and other queries, give on each input.

        They follow each other in one case, as each lasts until no window holds what was before: a case costs promtool
        more than all that is in it. Where a rule cannot be evaluated, which spoils the case, each input has its own.
        """
        cases = [steady_case(self, one, queries) for one in inputs]
        if not cases:
            return ()
        (whole,) = self.observe([concatenate(cases, self.plan.interval)])
        if whole.rules_failed and len(cases) > 1:
            return self.observe(cases)
        width = 1 + len(queries)
        return tuple(whole.part(range(width * index, width * (index + 1))) for index in range(len(cases)))


def steady_case(problem: Problem, given: Input, queries: Sequence[str] = ()) -> Case:
    """Return a case that asks at its end, when all windows hold nothing but the input, or what came before it."""
    fill = problem.plan.fill
    if given.before is None:
        segments: tuple[Segment, ...] = (Segment(given.now, fill),)
    else:
        segments = (Segment(given.before, fill), Segment(given.now, given.lasts or fill))
    end = sum(segment.seconds for segment in segments)
    return Case(segments, tuple((text, end) for text in (problem.rule.expr, *queries)))
