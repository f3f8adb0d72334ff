"""Finds an input that makes an alert's expression true and one that does not, as promtool sees them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from promdrill.virtual.case import Case, Segment, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promdrill.rules.rulebook import Rulebook
    from promdrill.rules.rulefile import Rule
    from promdrill.virtual.candidates import Candidates
    from promdrill.virtual.catalogue import Catalogue
    from promdrill.virtual.ground import State
    from promdrill.virtual.motion import Motions
    from promdrill.virtual.promtool import Observed, Promtool
    from promdrill.virtual.schedule import Schedule

MOST_PAIRS = 12
# From this margin on an input stays clear of its threshold, so that what disturbs it a little does not wake the alert.
CLEAR = 2.0


@dataclass(frozen=True)
class Setting:
    """What does not change while one alert is looked at."""

    rule: Rule
    book: Rulebook
    plan: Schedule
    promtool: Promtool
    catalogue: Catalogue | None

    def observe(self, cases: Sequence[Case], *, alerting: bool = False) -> tuple[Observed, ...]:
        """Return what promtool gets in each case, from this alert and what it depends on, or from the latter alone."""
        rules = self.book.file_for(self.rule, alerting=alerting)
        return self.promtool.observe(rules, cases, self.plan.interval, self.plan.sample)

    def measure(self, inputs: Sequence[Input], queries: Sequence[str] = ()) -> tuple[Observed, ...]:
        """Return what the expression, and other queries, give on each input.

        They follow each other in one case, as each lasts until no window holds what was before: a case costs promtool
        more than all that is in it. Where a rule cannot be evaluated, which spoils the case, each input has its own.
        """
        cases = [steady(self, one, queries) for one in inputs]
        if not cases:
            return ()
        (whole,) = self.observe([joined(cases, self.plan.interval)])
        if whole.rules_failed and len(cases) > 1:
            return self.observe(cases)
        width = 1 + len(queries)
        return tuple(whole.part(range(width * index, width * (index + 1))) for index in range(len(cases)))


@dataclass(frozen=True)
class Found:
    """The inputs of an alert: `silent` and `fires`, and the two between them where it turns, with the values there.

    `only` is the value with which it fires where it has none just below that. `calm` is silent, too, and stays clear of
    the threshold. Where it fires only for a while after the silent input, `lasts` tells for how many seconds.
    """

    silent: Motions
    fires: Motions
    calm: Motions
    lasts: float | None = None
    under: Motions | None = None
    over: Motions | None = None
    boundary: tuple[float, float] | None = None
    close: bool = False
    only: float | None = None

    @property
    def gap(self) -> float:
        """How far apart the values of the boundary are."""
        return abs(self.boundary[1] - self.boundary[0]) if self.boundary else math.inf


@dataclass(frozen=True)
class Input:
    """How series move; where it matters how they did before, that, and for how many seconds they move so now."""

    now: Motions
    before: Motions | None = None
    lasts: float | None = None


def steady(setting: Setting, given: Input, queries: Sequence[str] = ()) -> Case:
    """Return a case that asks at its end, when all windows hold nothing but the input, or what came before it."""
    fill = setting.plan.fill
    if given.before is None:
        segments: tuple[Segment, ...] = (Segment(given.now, fill),)
    else:
        segments = (Segment(given.before, fill), Segment(given.now, given.lasts or fill))
    end = sum(segment.seconds for segment in segments)
    return Case(segments, tuple((text, end) for text in (setting.rule.expr, *queries)))


def search(setting: Setting, proposed: Candidates) -> tuple[list[Found], tuple[Observed, ...]]:
    """Return pairs of inputs of which promtool says that one fires and one does not, the best first.

    Beside them stands what it said of those that were thought to fire.
    """
    fires = [one for state in proposed.fires for one in _inputs(setting.plan, state)]
    silent = [one for state in proposed.silent for one in _inputs(setting.plan, state)[:1]]
    observed = setting.measure([*fires, *silent])
    seen = observed[: len(fires)]
    firing = [one for one, what in zip(fires, seen, strict=True) if what.values(0)]
    quiet = [
        (one.now, margin)
        for one, margin, what in zip(silent, proposed.margins, observed[len(fires) :], strict=True)
        if not what.values(0) and not what.errors
    ]
    return list(islice(_pairs(firing, quiet), MOST_PAIRS)), seen


def _inputs(plan: Schedule, state: State) -> list[Input]:
    """Return the inputs that a state may mean: one that differs from its past may last longer or shorter."""
    now = {**state.past, **state.motions}
    if not state.past:
        return [Input(now)]
    before = {**state.motions, **state.past}
    lasting = dict.fromkeys((plan.settle, plan.shortest, 2 * plan.interval))
    return [Input(now, before, lasts) for lasts in lasting]


def _pairs(firing: list[Input], quiet: list[tuple[Motions, float]]) -> Iterator[Found]:
    """Yield silent and firing inputs, those first that move the same series in the same ways."""
    calm = next((one for one, margin in quiet if margin >= CLEAR), quiet[0][0] if quiet else {})
    ranked: list[tuple[tuple[int, int], Found]] = []
    for rank, given in enumerate(firing):
        now = given.now
        if given.before is not None:
            ranked.append(((0, rank), Found(given.before, now, given.before, given.lasts)))
            continue
        for other_rank, (other, _) in enumerate(quiet):
            whole, rest = {**other, **now}, {**now, **other}
            apart = sum(rest[labels].kind is not whole[labels].kind for labels in whole)
            ranked.append(((apart, rank + other_rank), Found(rest, whole, calm)))
            if set(now) != set(other):
                ranked.append(((len(whole) + apart, rank + other_rank), Found(other, now, calm)))
    yield from (found for _, found in sorted(ranked, key=lambda one: one[0]))
