"""Finds an input that makes an alert's expression true and one that does not: the solver proposes, promtool judges."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from promdrill.prove.errors import OutOfReachError
from promdrill.prove.evaluate import Assignment, Context
from promdrill.prove.labels import Labeller
from promdrill.prove.problem import Input
from promdrill.prove.solver import Solver
from promdrill.rules import promql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.prove.problem import Problem, Schedule
    from promdrill.prove.promtool import Observation
    from promdrill.prove.series import Motions

MOST_PAIRS = 12
# From this margin on an input stays clear of its threshold, so that what disturbs it a little does not wake the alert.
CLEAR = 2.0
# How far beyond a threshold, as a factor, in the order in which it is tried.
MARGINS = (1.004, 1.01, 2.0, 10.0, 100.0, 10_000.0)
# What `sum(x) - max(x)` or `count(x) - sum(x) > 2` need of each metric.
SEVERAL = 5
MOST_FOR_MARGIN = 3
MOST_LOOKED_AT = 40
# A window this many times as long as the shortest one of the alert holds little of what has just begun.
LONG = 3.0


@dataclass(frozen=True)
class Way:
    """How to look for inputs: by which margins, with labels alike or not, with how many series for each selector."""

    margins: tuple[float, ...] = MARGINS
    alike: bool = False
    copies: int = 1


# The first one is mostly enough, and quick.
WAYS = (Way(margins=(1.004, 2.0)), Way(), Way(alike=True), Way(copies=SEVERAL))


@dataclass
class Candidates:
    """What the solver thinks makes an alert fire, and leaves it silent, and why it got no further.

    `margins` tells how far each of the silent ones stays from its threshold.
    """

    fires: list[Assignment] = field(default_factory=list)
    silent: list[Assignment] = field(default_factory=list)
    margins: list[float] = field(default_factory=list)
    stuck: OutOfReachError | None = None
    always: OutOfReachError | None = None


@dataclass(frozen=True)
class InputPair:
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


def propose(problem: Problem, way: Way) -> Candidates:
    """Return what the solver proposes.

    Raises:
        NeverError: the contract lacks a metric, a label or a value that the alert reads.
        OutOfReachError: its labels cannot be chosen.
    """
    feeding = problem.book.feeding(problem.rule)
    labeller = Labeller(problem.rule, feeding, problem.catalogue, alike=way.alike)
    node = promql.parse(problem.rule.expr)
    for one in (node, *(promql.parse(rule.expr) for rule in feeding)):
        for selector in promql.selectors(one):
            labeller.labels(selector)
    found = Candidates()
    recorded = dict(problem.book.recorded)
    shortest = min(promql.windows(node, subqueries=False), default=0.0)
    long = LONG * shortest if shortest else math.inf
    for margin in way.margins:
        solver = Solver(Context(labeller, recorded, problem.plan.sample, long, margin))
        try:
            _keep(found.fires, solver.holds(node, Assignment(copies=way.copies)))
        except OutOfReachError as error:
            found.stuck = found.stuck or error
        try:
            _keep(found.silent, solver.fails(node, Assignment(copies=way.copies)))
        except OutOfReachError as error:
            found.always = found.always or error
        found.margins += [margin] * (len(found.silent) - len(found.margins))
    return found


def _keep(kept: list[Assignment], assignments: Iterator[Assignment]) -> None:
    """Add the first assignments that are not there yet."""
    most = len(kept) + MOST_FOR_MARGIN
    for assignment in islice(assignments, MOST_LOOKED_AT):
        if all((assignment.motions, assignment.past) != (one.motions, one.past) for one in kept):
            kept.append(assignment)
        if len(kept) == most:
            return


def search(problem: Problem, proposed: Candidates) -> tuple[list[InputPair], tuple[Observation, ...]]:
    """Return pairs of inputs of which promtool says that one fires and one does not, the best first.

    Beside them stands what it said of those that were thought to fire.
    """
    fires = [one for assignment in proposed.fires for one in _inputs(problem.plan, assignment)]
    silent = [one for assignment in proposed.silent for one in _inputs(problem.plan, assignment)[:1]]
    observed = problem.measure([*fires, *silent])
    seen = observed[: len(fires)]
    firing = [one for one, what in zip(fires, seen, strict=True) if what.values(0)]
    quiet = [
        (one.now, margin)
        for one, margin, what in zip(silent, proposed.margins, observed[len(fires) :], strict=True)
        if not what.values(0) and not what.errors
    ]
    return list(islice(_pairs(firing, quiet), MOST_PAIRS)), seen


def _inputs(plan: Schedule, assignment: Assignment) -> list[Input]:
    """Return the inputs that an assignment may mean: one that differs from its past may last longer or shorter."""
    now = {**assignment.past, **assignment.motions}
    if not assignment.past:
        return [Input(now)]
    before = {**assignment.motions, **assignment.past}
    lasting = dict.fromkeys((plan.settle, plan.shortest, 2 * plan.interval))
    return [Input(now, before, lasts) for lasts in lasting]


def _pairs(firing: list[Input], quiet: list[tuple[Motions, float]]) -> Iterator[InputPair]:
    """Yield silent and firing inputs, those first that move the same series in the same ways."""
    calm = next((one for one, margin in quiet if margin >= CLEAR), quiet[0][0] if quiet else {})
    ranked: list[tuple[tuple[int, int], InputPair]] = []
    for rank, given in enumerate(firing):
        now = given.now
        if given.before is not None:
            ranked.append(((0, rank), InputPair(given.before, now, given.before, given.lasts)))
            continue
        for other_rank, (other, _) in enumerate(quiet):
            whole, rest = {**other, **now}, {**now, **other}
            apart = sum(rest[labels].kind is not whole[labels].kind for labels in whole)
            ranked.append(((apart, rank + other_rank), InputPair(rest, whole, calm)))
            if set(now) != set(other):
                ranked.append(((len(whole) + apart, rank + other_rank), InputPair(other, now, calm)))
    yield from (found for _, found in sorted(ranked, key=lambda one: one[0]))
