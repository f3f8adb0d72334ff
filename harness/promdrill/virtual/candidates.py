"""Asks the solver for inputs, ever further from the thresholds."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from promdrill.rules import promql
from promdrill.virtual.ground import Ground, State
from promdrill.virtual.labels import Labeller
from promdrill.virtual.reach import OutOfReachError
from promdrill.virtual.solver import Solver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.virtual.search import Setting

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

    fires: list[State] = field(default_factory=list)
    silent: list[State] = field(default_factory=list)
    margins: list[float] = field(default_factory=list)
    stuck: OutOfReachError | None = None
    always: OutOfReachError | None = None


def propose(setting: Setting, way: Way) -> Candidates:
    """Return what the solver proposes.

    Raises:
        NeverError: the contract lacks a metric, a label or a value that the alert reads.
        OutOfReachError: its labels cannot be chosen.
    """
    feeding = setting.book.feeding(setting.rule)
    labeller = Labeller(setting.rule, feeding, setting.catalogue, alike=way.alike)
    node = promql.parse(setting.rule.expr)
    for one in (node, *(promql.parse(rule.expr) for rule in feeding)):
        for selector in promql.selectors(one):
            labeller.labels(selector)
    found = Candidates()
    recorded = dict(setting.book.recorded)
    shortest = min(promql.windows(node, subqueries=False), default=0.0)
    long = LONG * shortest if shortest else math.inf
    for margin in way.margins:
        solver = Solver(Ground(labeller, recorded, setting.plan.sample, long, margin))
        try:
            _keep(found.fires, solver.holds(node, State(copies=way.copies)))
        except OutOfReachError as error:
            found.stuck = found.stuck or error
        try:
            _keep(found.silent, solver.fails(node, State(copies=way.copies)))
        except OutOfReachError as error:
            found.always = found.always or error
        found.margins += [margin] * (len(found.silent) - len(found.margins))
    return found


def _keep(kept: list[State], states: Iterator[State]) -> None:
    """Add the first states that are not there yet."""
    most = len(kept) + MOST_FOR_MARGIN
    for state in islice(states, MOST_LOOKED_AT):
        if all((state.motions, state.past) != (one.motions, one.past) for one in kept):
            kept.append(state)
        if len(kept) == most:
            return
