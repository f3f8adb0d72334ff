"""Finds an input that makes an alert's expression true and one that does not, and where between them it turns."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import promql_parser as promql

from harness.virtual import tree
from harness.virtual.case import Case, Segment
from harness.virtual.ground import Ground, State
from harness.virtual.labels import Labeller
from harness.virtual.motion import ABSENT, Motions
from harness.virtual.reach import OutOfReachError
from harness.virtual.rulebook import reduced
from harness.virtual.solver import Solver

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.contract.rules import Rule
    from harness.virtual.catalogue import Catalogue
    from harness.virtual.promtool import Observed, Promtool
    from harness.virtual.rulebook import Rulebook
    from harness.virtual.schedule import Schedule

# How far beyond a threshold, as a factor, in the order in which it is tried.
MARGINS = (1.01, 2.0, 10.0, 100.0, 10_000.0)
MOST_FOR_MARGIN = 3
MOST_LOOKED_AT = 40
MOST_PAIRS = 12
GRID = 16
MOST_ROUNDS = 5
CLOSE = 0.01


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
        rules = reduced(self.rule if alerting else None, self.book, self.rule)
        return self.promtool.observe(rules, cases, self.plan.interval, self.plan.sample)


@dataclass(frozen=True)
class Found:
    """The inputs of an alert: `silent` and `fires`, and the two between them where it turns, with the values there.

    `only` is the value with which it fires where it has none just below that.
    """

    silent: Motions
    fires: Motions
    under: Motions | None = None
    over: Motions | None = None
    boundary: tuple[float, float] | None = None
    close: bool = False
    only: float | None = None

    @property
    def gap(self) -> float:
        """How far apart the values of the boundary are."""
        return abs(self.boundary[1] - self.boundary[0]) if self.boundary else math.inf


@dataclass
class Candidates:
    """What the solver thinks makes an alert fire, and leaves it silent, and why it got no further."""

    fires: list[State] = field(default_factory=list)
    silent: list[State] = field(default_factory=list)
    stuck: OutOfReachError | None = None
    always: OutOfReachError | None = None


def candidates(setting: Setting, *, alike: bool) -> Candidates:
    """Return what the solver proposes.

    Raises:
        NeverError: the contract lacks a metric, a label or a value that the alert reads.
        OutOfReachError: its labels cannot be chosen.
    """
    feeding = setting.book.feeding(setting.rule)
    labeller = Labeller(setting.rule, feeding, setting.catalogue, alike=alike)
    node = tree.parse(setting.rule.expr)
    for one in (node, *(tree.parse(rule.expr) for rule in feeding)):
        for selector in tree.selectors(one):
            labeller.labels(selector)
    found = Candidates()
    recorded = dict(setting.book.recorded)
    for margin in MARGINS:
        solver = Solver(Ground(labeller, recorded, setting.plan.sample, margin))
        try:
            _keep(found.fires, solver.holds(node, State()))
        except OutOfReachError as error:
            found.stuck = found.stuck or error
        try:
            _keep(found.silent, solver.fails(node, State()))
        except OutOfReachError as error:
            found.always = found.always or error
    return found


def _keep(kept: list[State], states: Iterator[State]) -> None:
    """Add the first states that are not there yet."""
    most = len(kept) + MOST_FOR_MARGIN
    for state in islice(states, MOST_LOOKED_AT):
        if all((state.motions, state.past) != (one.motions, one.past) for one in kept):
            kept.append(state)
        if len(kept) == most:
            return


def steady(setting: Setting, motions: Motions, before: Motions | None = None, queries: Sequence[str] = ()) -> Case:
    """Return a case in which an input lasts until all windows hold it, or until those that do not look back do."""
    plan = setting.plan
    segments = (Segment(before, plan.fill), Segment(motions, plan.settle)) if before else (Segment(motions, plan.fill),)
    end = sum(segment.seconds for segment in segments)
    return Case(segments, tuple((text, end) for text in (setting.rule.expr, *queries)))


def search(setting: Setting, proposed: Candidates) -> tuple[list[Found], tuple[Observed, ...]]:
    """Return pairs of inputs of which promtool says that one fires and one does not, the best first.

    Beside them stands what it said of those that were thought to fire.
    """
    both = [*proposed.fires, *proposed.silent]
    cases = [steady(setting, _now(state), _before(state)) for state in both]
    observed = setting.observe(cases) if cases else ()
    split = len(proposed.fires)
    fires = [state for state, seen in zip(proposed.fires, observed[:split], strict=True) if seen.values(0)]
    silent = [
        state
        for state, seen in zip(proposed.silent, observed[split:], strict=True)
        if not seen.values(0) and not seen.errors
    ]
    pairs = list(islice(_pairs(fires, silent), MOST_PAIRS))
    return [Found(*pair) for pair in pairs], observed[:split]


def _now(state: State) -> Motions:
    return {**state.past, **state.motions}


def _before(state: State) -> Motions | None:
    return {**state.motions, **state.past} if state.past else None


def _pairs(fires: list[State], silent: list[State]) -> Iterator[tuple[Motions, Motions]]:
    """Yield silent and firing inputs, those first that move the same series in the same ways."""
    ranked: list[tuple[tuple[int, int], Motions, Motions]] = []
    for rank, state in enumerate(fires):
        now, before = _now(state), _before(state)
        quiet = [before] if before else [_now(one) for one in silent]
        for other_rank, other in enumerate(quiet):
            whole, rest = {**other, **now}, {**now, **other}
            apart = sum(rest[labels].kind is not whole[labels].kind for labels in whole)
            ranked.append(((apart, rank + other_rank), rest, whole))
            if set(now) != set(other):
                ranked.append(((len(whole) + apart, rank + other_rank), other, now))
    for _, rest, whole in sorted(ranked, key=lambda one: one[0]):
        yield rest, whole


def between(pair: Found, share: float) -> Motions:
    """Return the input on the way from the silent one (0) to the firing one (1)."""
    names = {**pair.silent, **pair.fires}
    return {labels: pair.silent.get(labels, ABSENT).between(pair.fires.get(labels, ABSENT), share) for labels in names}


def narrowed(setting: Setting, pair: Found) -> Found | None:
    """Return a pair with the inputs between which it turns; None where its ends are not what they should be."""
    if setting.plan.settle < setting.plan.fill and (found := _narrowed(setting, pair, pair.silent)):
        return found
    return _narrowed(setting, pair, None)


def _narrowed(setting: Setting, pair: Found, before: Motions | None) -> Found | None:
    sides = _sides(tree.parse(setting.rule.expr))
    low, high = 0.0, 1.0
    measured: dict[float, Observed] = {}
    for _ in range(MOST_ROUNDS):
        shares = [low + (high - low) * index / GRID for index in range(GRID + 1)] if _steers(pair) else [0.0, 1.0]
        fresh = [share for share in shares if share not in measured]
        cases = [steady(setting, between(pair, share), before, sides) for share in fresh]
        measured |= zip(fresh, setting.observe(cases), strict=True)
        if any(one.errors for one in measured.values()) or measured[low].values(0) or not measured[high].values(0):
            return None
        high = next(share for share in shares if measured[share].values(0))
        low = shares[shares.index(high) - 1]
        boundary = _boundary(measured[low], measured[high], len(sides))
        close = boundary is not None and (_near(boundary) or (0.0 in boundary and high - low < CLOSE / GRID))
        if boundary is None or close or len(shares) == 2:  # noqa: PLR2004 - nothing lies between the two
            break
    values = [value for side in range(len(sides)) for value in measured[high].values(side + 1)]
    only = values[0] if values and boundary is None else None
    return Found(pair.silent, pair.fires, between(pair, low), between(pair, high), boundary, close, only)


def _steers(pair: Found) -> bool:
    """Tell whether anything lies between the two inputs."""
    moving = [(motion, pair.fires[labels]) for labels, motion in pair.silent.items() if labels in pair.fires]
    return any(one != other and one.between(other, 0.5) not in {one, other} for one, other in moving)


def _near(boundary: tuple[float, float]) -> bool:
    under, over = boundary
    return abs(over - under) <= max(CLOSE * max(abs(over), abs(under)), 1e-9)


def _sides(node: promql.Expr) -> list[str]:
    """Return the sides that are compared with something, as text: what a boundary is measured by."""
    node = tree.unwrapped(node)
    if tree.comparison(node):
        literal = isinstance(tree.unwrapped(node.lhs), promql.NumberLiteral)
        text = tree.text_of(node.rhs if literal else node.lhs)
        return [text] if text else []
    return [text for child in tree.children(node) for text in _sides(child)][:6]


def _boundary(under: Observed, over: Observed, sides: int) -> tuple[float, float] | None:
    """Return the first compared value that differs on the two sides; None where none can be measured."""
    for query in range(1, sides + 1):
        low, high = under.values(query), over.values(query)
        if len(low) == len(high) == 1 and low != high and low[0] == low[0] and high[0] == high[0]:
            return low[0], high[0]
    return None
