"""What must be for an expression to give something, or nothing: comparisons, and, or, unless, absent."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import promql_parser

from promdrill.rules import promql
from promdrill.virtual.ground import State, recording
from promdrill.virtual.known import EMPTY, Empty
from promdrill.virtual.motion import ABSENT, Line
from promdrill.virtual.operators import NUMBERS, PASSING
from promdrill.virtual.reach import NeverError, OutOfReachError
from promdrill.virtual.want import Want, wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.virtual.solver import Solver

NOT = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}
MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}
ABSENCE = frozenset({"absent", "absent_over_time"})


def beyond(operator: str, threshold: Line, margin: float) -> list[Line]:
    """Return values that a comparison with a threshold is true of; `margin` is how far beyond, as a factor."""
    by = (margin - 1) * (abs(threshold.level) or 1.0)
    above = Line(threshold.level + by, threshold.slope)
    below = Line(threshold.level - by, threshold.slope)
    if threshold.level > 0 and not threshold.slope:
        below = Line(threshold.level / margin)
    elif threshold.level < 0 and not threshold.slope:
        above = Line(threshold.level / margin)
    if operator == "!=":
        return [threshold + Line(1), threshold - Line(1), above, below]
    sides = {">": [above], ">=": [above, threshold], "<": [below], "<=": [below, threshold], "==": [threshold]}
    more = [Line(0)] if operator in {"<", "<="} and threshold.level > 0 and not threshold.slope else []
    return [*sides[operator], *more]


def holds(solver: Solver, node: promql_parser.Expr, state: State) -> Iterator[State]:
    """Yield states in which an expression gives something."""
    found = solver.known(node, state)
    if found is not None:
        yield from () if isinstance(found, Empty) else (state,)
    elif promql.is_comparison(node):
        yield from _true(solver, node, state, str(node.op))
    elif isinstance(node, promql_parser.BinaryExpr):
        yield from _joined(solver, node, state)
    elif isinstance(node, (promql_parser.AggregateExpr, promql_parser.UnaryExpr)):
        yield from solver.holds(node.expr, state)
    elif isinstance(node, promql_parser.Call) and node.func.name in ABSENCE:
        yield from solver.fails(_looked_at(node.args[0]), state)
    elif isinstance(node, promql_parser.Call) and _passes(node):
        yield from solver.holds(_looked_at(node.args[0]), state)
    else:
        yield from solver.value(node, wanted(1.0), state)


def fails(solver: Solver, node: promql_parser.Expr, state: State) -> Iterator[State]:
    """Yield states in which an expression gives nothing.

    Raises:
        OutOfReachError: it always gives something.
    """
    found = solver.known(node, state)
    if isinstance(found, Empty):
        yield state
    elif isinstance(node, promql_parser.VectorSelector):
        rule = recording(solver.ground, node)
        yield from solver.move(node, ABSENT, state) if rule is None else solver.fails(rule, state)
    elif promql.is_comparison(node):
        yield from _untrue(solver, node, state)
    elif isinstance(node, promql_parser.BinaryExpr) and str(node.op) in promql.SETS:
        yield from _disjoined(solver, node, state)
    elif isinstance(node, promql_parser.BinaryExpr):
        yield from solver.each(lambda: solver.fails(node.lhs, state), lambda: solver.fails(node.rhs, state))
    elif isinstance(node, promql_parser.AggregateExpr | promql_parser.UnaryExpr):
        yield from solver.fails(node.expr, state)
    elif isinstance(node, promql_parser.Call) and node.func.name in ABSENCE:
        yield from solver.holds(_looked_at(node.args[0]), state)
    elif isinstance(node, promql_parser.Call) and promql.selectors(node) and found is None:
        yield from solver.fails(_looked_at(next(one for one in node.args if promql.selectors(one))), state)
    elif not promql.selectors(node):
        raise OutOfReachError(f"{node} is always there")


def compared(solver: Solver, node: promql_parser.BinaryExpr, want: Want, state: State) -> Iterator[State]:
    """Yield states in which a comparison gives a value: with bool 1 or 0, else that of its left side."""
    if not promql.returns_bool(node):
        for found in solver.value(node.rhs if promql.is_scalar(node.lhs) else node.lhs, want, state):
            yield from solver.holds(node, found)
        return
    true = want.value.level > want.pivot or (want.value.level == want.pivot and want.pivot > 0)
    yield from _true(solver, node, state, str(node.op) if true else NOT[str(node.op)])


def joined(solver: Solver, node: promql_parser.BinaryExpr, want: Want, state: State) -> Iterator[State]:
    """Yield states in which and, or, unless give a value."""
    kind = str(node.op)
    if kind == "or":

        def right() -> Iterator[State]:
            for found in solver.fails(node.lhs, state):
                yield from solver.value(node.rhs, want, found)

        yield from solver.each(lambda: solver.value(node.lhs, want, state), right)
        return
    for found in solver.value(node.lhs, want, state):
        yield from solver.holds(node.rhs, found) if kind == "and" else solver.fails(node.rhs, found)


def _joined(solver: Solver, node: promql_parser.BinaryExpr, state: State) -> Iterator[State]:
    kind = str(node.op)

    def both(first: promql_parser.Expr, second: promql_parser.Expr) -> Iterator[State]:
        for found in solver.holds(first, state):
            yield from solver.holds(second, found)

    def without() -> Iterator[State]:
        for found in solver.holds(node.lhs, state):
            yield from solver.fails(node.rhs, found)

    if kind == "or":
        yield from solver.each(lambda: solver.holds(node.lhs, state), lambda: solver.holds(node.rhs, state))
    elif kind == "unless":
        yield from without()
    else:  # arithmetic needs both sides, as `and` does
        yield from solver.each(lambda: both(node.lhs, node.rhs), lambda: both(node.rhs, node.lhs))


def _disjoined(solver: Solver, node: promql_parser.BinaryExpr, state: State) -> Iterator[State]:
    kind = str(node.op)

    def only_left_fails() -> Iterator[State]:
        rest = solver.holds(node.rhs, state) if kind == "and" else solver.fails(node.rhs, state)
        for found in rest:
            yield from solver.fails(node.lhs, found)

    def only_right_fails() -> Iterator[State]:
        for found in solver.holds(node.lhs, state):
            yield from solver.fails(node.rhs, found) if kind == "and" else solver.holds(node.rhs, found)

    if kind == "or":
        yield from only_left_fails()
    else:
        yield from solver.each(only_left_fails, only_right_fails, lambda: solver.fails(node.lhs, state))


def _true(solver: Solver, node: promql_parser.BinaryExpr, state: State, operator: str) -> Iterator[State]:
    """Yield states in which the two sides of a comparison stand to each other as an operator says."""
    one, other = solver.known(node.lhs, state), solver.known(node.rhs, state)
    if one is EMPTY or other is EMPTY:
        return
    if isinstance(other, Line):
        yield from _beyond(solver, node.lhs, operator, other, state)
    elif isinstance(one, Line):
        yield from _beyond(solver, node.rhs, MIRRORED[operator], one, state)
    else:

        def first(side: promql_parser.Expr, value: float) -> Iterator[State]:
            for found in solver.value(side, wanted(value), state):
                yield from _true(solver, node, found, operator)

        # 0 where both sides read the same series: `up < count(up)`.
        tries = ((side, value) for value in (1.0, 0.0) for side in (node.rhs, node.lhs))
        yield from solver.each(*(partial(first, *one) for one in tries))


def _beyond(solver: Solver, node: promql_parser.Expr, operator: str, threshold: Line, state: State) -> Iterator[State]:
    targets = beyond(operator, threshold, solver.ground.margin)
    yield from solver.each(*(partial(solver.value, node, Want(line, threshold.level), state) for line in targets))


def _untrue(solver: Solver, node: promql_parser.BinaryExpr, state: State) -> Iterator[State]:
    if promql.returns_bool(node):
        raise NeverError("with bool a comparison gives 0 where it is not true, and drops nothing: it always fires")
    sides = [side for side in (node.lhs, node.rhs) if promql.selectors(side)]
    yield from solver.each(
        lambda: _true(solver, node, state, NOT[str(node.op)]),
        *(partial(solver.fails, side, state) for side in sides),
    )


def _passes(node: promql_parser.Call) -> bool:
    name = node.func.name
    return name in PASSING or name in NUMBERS or name.startswith(("clamp", "present_", "count_"))


def _looked_at(node: promql_parser.Expr) -> promql_parser.Expr:
    """Return what a window looks at."""
    node = promql.unwrap(node)
    if isinstance(node, promql_parser.MatrixSelector):
        return node.vector_selector
    return node.expr if isinstance(node, promql_parser.SubqueryExpr) else node
