"""Finds inputs: how series must move for an expression to have a value, to give something, or to give nothing.

Every answer is a guess that promtool judges; so there are several, the likeliest first.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import promql_parser

from promdrill.rules import promql
from promdrill.rules.promql import COMPARISONS
from promdrill.virtual import buckets, conditions, functions
from promdrill.virtual.ground import Ground, State, recording
from promdrill.virtual.known import EMPTY, Empty, known, of_others
from promdrill.virtual.motion import Line, Motion, level
from promdrill.virtual.operators import arithmetic
from promdrill.virtual.reach import OutOfReachError
from promdrill.virtual.want import Want, wanted, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MOST_VISITS = 4000
MOST_COPIES = 100
TINY = 1e-9


class Solver:
    """Looks for states of one alert's series, on one ground."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.visits = 0

    def known(self, node: promql_parser.Expr, state: State) -> Line | Empty | None:
        """Return what an expression gives as far as a state decides it."""
        return known(node, state, self.ground)

    def each(self, *ways: Callable[[], Iterable[State]]) -> Iterator[State]:
        """Yield the states of each way; that one of them is stuck matters only where no other leads anywhere."""
        stuck: OutOfReachError | None = None
        found = False
        for way in ways:
            try:
                for state in way():
                    found = True
                    yield state
            except OutOfReachError as error:
                stuck = stuck or error
        if stuck and not found:
            raise stuck

    def holds(self, node: promql_parser.Expr, state: State) -> Iterator[State]:
        """Yield states in which an expression gives something."""
        self._visit()
        return conditions.holds(self, promql.unwrap(node), state)

    def fails(self, node: promql_parser.Expr, state: State) -> Iterator[State]:
        """Yield states in which an expression gives nothing."""
        self._visit()
        return conditions.fails(self, promql.unwrap(node), state)

    def value(self, node: promql_parser.Expr, want: Want, state: State) -> Iterator[State]:
        """Yield states in which an expression gives a value.

        Raises:
            OutOfReachError: a part of it cannot be steered.
        """
        self._visit()
        node = promql.unwrap(node)
        found = self.known(node, state)
        if found is EMPTY or (isinstance(found, Line) and want.reached(found)):
            yield from () if found is EMPTY else (state,)
            return
        if found is not None and not self.ground.looks_back(node):
            return
        if isinstance(node, promql_parser.VectorSelector):
            yield from self._selected(node, want, state)
        elif isinstance(node, promql_parser.UnaryExpr):
            yield from self.value(node.expr, want.through(lambda line: line.times(-1)), state)
        elif isinstance(node, promql_parser.AggregateExpr):
            yield from self._aggregated(node, want, state)
        elif isinstance(node, promql_parser.BinaryExpr):
            yield from self._binary(node, want, state)
        elif isinstance(node, promql_parser.Call) and node.func.name == "histogram_quantile":
            yield from buckets.quantile(self, node, want, state)
        elif isinstance(node, promql_parser.Call):
            yield from functions.called(self, node, want, state)

    def move(
        self, selector: promql_parser.VectorSelector, motion: Motion, state: State, span: float = 0.0
    ) -> Iterator[State]:
        """Yield states in which a selector's series moves so: now, or, where it looks back, in the past only.

        `span` is the window through which it is looked at, in seconds.
        """
        if selector.at is not None:
            raise OutOfReachError("a selector with @ looks at one moment only")
        labels = self.ground.labeller.labels(selector)
        motion = replace(motion, copies=state.copies)
        decided = state.motions.get(labels)
        if decided in {None, motion}:
            yield state.decide(labels, motion)
        looks_back = promql.seconds_of(selector.offset) > 0 or span >= self.ground.long
        if looks_back and state.past.get(labels, motion) == motion:
            yield replace(state, past={**state.past, labels: motion})

    def _visit(self) -> None:
        self.visits += 1
        if self.visits > MOST_VISITS:
            raise OutOfReachError("it can be true in too many ways to try them all")

    def _selected(self, node: promql_parser.VectorSelector, want: Want, state: State) -> Iterator[State]:
        rule = recording(self.ground, node)
        if rule is not None:
            yield from self.value(rule, want, state)
        else:
            yield from self.move(node, level(want.value), state)

    def _aggregated(self, node: promql_parser.AggregateExpr, want: Want, state: State) -> Iterator[State]:
        kind = str(node.op)
        if kind == "sum":
            by = node.modifier and node.modifier.type == promql_parser.AggModifierType.By
            grouped = frozenset(node.modifier.labels) - {"le"} if by and node.modifier else None
            others = of_others(node.expr, state, self.ground, grouped)
            yield from self.value(node.expr, want.through(lambda line: (line - others).times(1 / state.copies)), state)
        elif kind in {"avg", "min", "max", "topk", "bottomk", "limitk", "limit_ratio", "quantile"}:
            yield from self.value(node.expr, want, state)
        elif kind == "group":
            yield from self.holds(node.expr, state)
        elif kind == "count":
            copies = whole(want)
            if not 1 <= copies <= MOST_COPIES:
                return
            for found in self.holds(node.expr, replace(state, copies=copies)):
                yield replace(found, copies=state.copies)
        else:
            raise OutOfReachError(f"{kind}() is not steered")

    def _binary(self, node: promql_parser.BinaryExpr, want: Want, state: State) -> Iterator[State]:
        kind = str(node.op)
        if kind in COMPARISONS:
            yield from conditions.compared(self, node, want, state)
        elif kind in promql.SETS:
            yield from conditions.joined(self, node, want, state)
        else:
            yield from self._arithmetic(node, kind, want, state)

    def _arithmetic(self, node: promql_parser.BinaryExpr, kind: str, want: Want, state: State) -> Iterator[State]:
        one, other = self.known(node.lhs, state), self.known(node.rhs, state)
        nothing = want.value.close(Line(0))
        if kind == "*" and nothing and Line(0) in (one, other):
            yield from self.holds(node.rhs if one == Line(0) else node.lhs, state)
        elif isinstance(other, Line):
            yield from self._side(node.lhs, want, state, lambda line: _without_right(kind, line, other))
        elif isinstance(one, Line):
            yield from self._side(node.rhs, want, state, lambda line: _without_left(kind, line, one))
        else:
            yield from self._neither(node, kind, want, state)

    def _neither(self, node: promql_parser.BinaryExpr, kind: str, want: Want, state: State) -> Iterator[State]:
        """Yield states for an operation of which no side is known; either may have to be decided first."""
        product = kind in {"*", "/", "^"}
        rest = wanted(1.0 if product else 0.0)

        def left() -> Iterator[State]:
            for found in self.value(node.lhs, want, state):
                yield from self.value(node.rhs, rest, found)

        def right() -> Iterator[State]:
            for found in self.value(node.rhs, rest, state):
                yield from self.value(node, want, found)

        def as_it_is(side: promql_parser.Expr) -> Iterator[State]:
            """A side that is compared with something has its own idea of its value."""
            for found in self.holds(side, state):
                if isinstance(self.known(side, found), Line):
                    yield from self.value(node, want, found)

        own = (
            partial(as_it_is, side)
            for side in (node.lhs, node.rhs)
            if any(map(promql.is_comparison, promql.nodes(side)))
        )
        names = [{promql.metric(one) for one in promql.selectors(side)} for side in (node.lhs, node.rhs)]
        alike = [partial(self._together, node, want, state)] if names[0] & names[1] else []
        yield from self.each(*((left, right) if product else (right, left)), *own, *alike)

    def _together(self, node: promql_parser.BinaryExpr, want: Want, state: State) -> Iterator[State]:
        """Yield states for an operation whose sides read the same series: two values of one side tell how both move."""
        ends = []
        for value in (0.0, 1.0):
            found = next(iter(self.value(node.rhs, wanted(value), state)), None)
            got = self.known(node, found) if found else None
            if not isinstance(got, Line) or got.slope:
                return
            ends.append(got.level)
        if abs(ends[1] - ends[0]) > TINY:
            share = (want.value.level - ends[0]) / (ends[1] - ends[0])
            for found in self.value(node.rhs, wanted(share), state):
                yield from self.value(node, want, found)

    def _side(
        self, node: promql_parser.Expr, want: Want, state: State, back: Callable[[Line], Line | None]
    ) -> Iterator[State]:
        value, pivot = back(want.value), back(Line(want.pivot))
        if value is None:
            raise OutOfReachError("an operator in it cannot be undone")
        yield from self.value(node, Want(value, pivot.level if pivot else value.level), state)


def _without_right(kind: str, line: Line, other: Line) -> Line | None:
    """Return the left side that gives a line with a right side that is known."""
    undone = {"+": "-", "-": "+", "*": "/", "/": "*"}.get(kind)
    if undone:
        return arithmetic(undone, line, other)
    if kind == "^" and other.level and line.level > 0:
        return Line(line.level ** (1 / other.level))
    if kind == "%" and 0 <= line.level < other.level:
        return line + other
    return None


def _without_left(kind: str, line: Line, one: Line) -> Line | None:
    """Return the right side that gives a line with a left side that is known."""
    if kind in {"+", "*"}:
        return _without_right(kind, line, one)
    if kind == "-":
        return one - line
    if kind == "/" and abs(line.level) > TINY and not line.slope:
        return one.times(1 / line.level)
    return None
