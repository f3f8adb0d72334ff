"""What the argument of a function must be for the function to have a value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import promql_parser

from promdrill.rules import promql
from promdrill.virtual.ground import State, recording
from promdrill.virtual.motion import Kind, Line, Motion, level
from promdrill.virtual.operators import LEVELS, PASSING
from promdrill.virtual.reach import OutOfReachError
from promdrill.virtual.want import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promdrill.virtual.solver import Solver
    from promdrill.virtual.want import Want

INVERSE: dict[str, Callable[[float], float]] = {
    "abs": lambda value: value,
    "ceil": math.ceil,
    "floor": math.floor,
    "round": round,
    "sgn": lambda value: value,
    "exp": math.log,
    "ln": math.exp,
    "log2": lambda value: float(2**value),
    "log10": lambda value: float(10**value),
    "sqrt": lambda value: value * value,
}
# Counters only grow; gauges may fall.
GROWING = frozenset({"rate", "irate", "increase"})
MOVING = GROWING | {"delta", "idelta", "deriv"}


def called(solver: Solver, node: promql_parser.Call, want: Want, state: State) -> Iterator[State]:
    """Yield states in which a call gives a value.

    Raises:
        OutOfReachError: no input makes this function give a value of our choice.
    """
    name = node.func.name
    level_of = name.removesuffix("_over_time") if name.endswith("_over_time") else None
    if name in PASSING or name.startswith("clamp"):
        yield from solver.value(node.args[0], want, state)
    elif name in INVERSE:
        yield from solver.value(node.args[0], want.through(lambda line: _inverted(name, line)), state)
    elif name in {"absent", "absent_over_time", "present_over_time", "count_over_time"}:
        yield from solver.holds(node, state)
    elif level_of in LEVELS or name == "predict_linear":
        yield from _level(solver, node.args[0 if level_of != "quantile" else 1], want, state)
    elif level_of == "sum":
        samples = _samples(node.args[0], solver.ground.sample)
        yield from _level(solver, node.args[0], want.through(lambda line: line.times(1 / samples)), state)
    elif name in MOVING:
        yield from _moving(solver, node, want, state)
    elif name in {"changes", "resets"}:
        yield from _stepping(solver, node, want, state)
    else:
        raise OutOfReachError(f"{name}() is not steered")


def _inverted(name: str, line: Line) -> Line:
    if line.slope:
        raise OutOfReachError(f"{name}() of a value that moves with the clock is not steered")
    try:
        return Line(float(INVERSE[name](line.level)))
    except (ValueError, OverflowError) as error:
        raise OutOfReachError(f"{name}() never gives {line.level:g}") from error


def _level(solver: Solver, node: promql_parser.Expr, want: Want, state: State) -> Iterator[State]:
    """Yield states in which what a window looks at has had this value all along."""
    node = promql.unwrap(node)
    if isinstance(node, promql_parser.MatrixSelector) and recording(solver.ground, node.vector_selector) is None:
        yield from solver.move(node.vector_selector, level(want.value), state, promql.seconds_of(node.range))
    else:
        inner = node.vector_selector if isinstance(node, promql_parser.MatrixSelector) else node
        yield from solver.value(inner.expr if isinstance(inner, promql_parser.SubqueryExpr) else inner, want, state)


def _samples(node: promql_parser.Expr, sample: float) -> int:
    node = promql.unwrap(node)
    step = (promql.seconds_of(node.step) or sample) if isinstance(node, promql_parser.SubqueryExpr) else sample
    return max(1, round(promql.seconds_of(getattr(node, "range", None)) / step))


def _moving(solver: Solver, node: promql_parser.Call, want: Want, state: State) -> Iterator[State]:
    name, window = node.func.name, promql.unwrap(node.args[0])
    span = {"increase": promql.seconds_of(getattr(window, "range", None)), "idelta": solver.ground.sample}
    span["delta"] = span["increase"]
    slope = want.value.level / (span.get(name) or 1.0)
    if want.value.slope:
        raise OutOfReachError(f"{name}() of a value that moves with the clock is not steered")
    if slope < 0 and name in GROWING:
        return  # no counter falls
    yield from _grown(solver, window, Motion(Kind.COUNTER, slope), state)


def _grown(
    solver: Solver, node: promql_parser.Expr, motion: Motion, state: State, span: float = 0.0
) -> Iterator[State]:
    """Yield states in which an expression itself grows, steps or falls."""
    node = promql.unwrap(node)
    if isinstance(node, promql_parser.MatrixSelector):
        yield from _grown(solver, node.vector_selector, motion, state, promql.seconds_of(node.range))
    elif isinstance(node, promql_parser.SubqueryExpr) or (
        isinstance(node, promql_parser.AggregateExpr) and str(node.op) in {"sum", "avg", "min", "max"}
    ):
        yield from _grown(solver, node.expr, motion, state)
    elif not isinstance(node, promql_parser.VectorSelector):
        raise OutOfReachError(f"what changes in {node} is not one series")
    elif (rule := recording(solver.ground, node)) is not None:
        yield from _grown(solver, rule, motion, state)
    else:
        yield from solver.move(node, motion, state, span)


def _stepping(solver: Solver, node: promql_parser.Call, want: Want, state: State) -> Iterator[State]:
    window = promql.unwrap(node.args[0])
    span, steps = promql.seconds_of(getattr(window, "range", None)), whole(want)
    if steps < 0:
        return
    if steps > span / solver.ground.sample:
        raise OutOfReachError(f"{node.func.name}() of {steps} needs more samples than its window holds")
    falling = -1 if node.func.name == "resets" else 1
    yield from _grown(solver, window, Motion(Kind.STAIRS, falling * steps / span), state)
