"""Finds inputs: how series must move for an expression to have a value, to give something, or to give nothing.

Every answer is a guess that promtool judges; so there are several, the likeliest first.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import promql_parser

from promdrill.prove import quantile
from promdrill.prove.errors import NeverError, OutOfReachError
from promdrill.prove.evaluate import (
    EMPTY,
    LEVELS,
    NUMBERS,
    PASSING,
    Assignment,
    Context,
    Empty,
    Target,
    arithmetic,
    evaluate,
    evaluate_others,
    exactly,
    grouping,
    numeric,
    recording,
    whole_number,
)
from promdrill.prove.series import ABSENT, Kind, Line, Motion, level
from promdrill.rules import promql
from promdrill.rules.promql import COMPARISONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MOST_VISITS = 4000
MOST_COPIES = 100
TINY = 1e-9
NOT = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}
MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}
ABSENCE = frozenset({"absent", "absent_over_time"})
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


class Solver:
    """Looks for assignments of one alert's series, in one context."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.visits = 0

    def known(self, node: promql_parser.Expr, assignment: Assignment) -> Line | Empty | None:
        """Return what an expression gives as far as an assignment decides it."""
        return evaluate(node, assignment, self.context)

    def each(self, *ways: Callable[[], Iterable[Assignment]]) -> Iterator[Assignment]:
        """Yield the assignments of each way; that one of them is stuck matters only where no other leads anywhere."""
        stuck: OutOfReachError | None = None
        found = False
        for way in ways:
            try:
                for assignment in way():
                    found = True
                    yield assignment
            except OutOfReachError as error:
                stuck = stuck or error
        if stuck and not found:
            raise stuck

    def holds(self, node: promql_parser.Expr, assignment: Assignment) -> Iterator[Assignment]:
        """Yield assignments in which an expression gives something."""
        self._visit()
        return self._holds(promql.unwrap(node), assignment)

    def fails(self, node: promql_parser.Expr, assignment: Assignment) -> Iterator[Assignment]:
        """Yield assignments in which an expression gives nothing."""
        self._visit()
        return self._fails(promql.unwrap(node), assignment)

    def value(self, node: promql_parser.Expr, target: Target, assignment: Assignment) -> Iterator[Assignment]:
        """Yield assignments in which an expression gives a value.

        Raises:
            OutOfReachError: a part of it cannot be steered.
        """
        self._visit()
        node = promql.unwrap(node)
        found = self.known(node, assignment)
        if found is EMPTY or (isinstance(found, Line) and target.is_reached(found)):
            yield from () if found is EMPTY else (assignment,)
            return
        if found is not None and not self.context.looks_back(node):
            return
        if isinstance(node, promql_parser.VectorSelector):
            yield from self._selector_value(node, target, assignment)
        elif isinstance(node, promql_parser.UnaryExpr):
            yield from self.value(node.expr, target.through(lambda line: line.times(-1)), assignment)
        elif isinstance(node, promql_parser.AggregateExpr):
            yield from self._aggregate_value(node, target, assignment)
        elif isinstance(node, promql_parser.BinaryExpr):
            yield from self._binary_value(node, target, assignment)
        elif isinstance(node, promql_parser.Call) and node.func.name == "histogram_quantile":
            yield from quantile.assign(self.context, node, self.known(node.args[0], assignment), target, assignment)
        elif isinstance(node, promql_parser.Call):
            yield from self._call_value(node, target, assignment)

    def move(
        self, selector: promql_parser.VectorSelector, motion: Motion, assignment: Assignment, span: float = 0.0
    ) -> Iterator[Assignment]:
        """Yield assignments in which a selector's series moves so: now, or, where it looks back, in the past only.

        `span` is the window through which it is looked at, in seconds.
        """
        if selector.at is not None:
            raise OutOfReachError("a selector with @ looks at one moment only")
        labels = self.context.labeller.labels(selector)
        motion = replace(motion, copies=assignment.copies)
        decided = assignment.motions.get(labels)
        if decided in {None, motion}:
            yield assignment.decide(labels, motion)
        looks_back = promql.seconds_of(selector.offset) > 0 or span >= self.context.long
        if looks_back and assignment.past.get(labels, motion) == motion:
            yield replace(assignment, past={**assignment.past, labels: motion})

    def _visit(self) -> None:
        self.visits += 1
        if self.visits > MOST_VISITS:
            raise OutOfReachError("it can be true in too many ways to try all of them")

    def _selector_value(
        self, node: promql_parser.VectorSelector, target: Target, assignment: Assignment
    ) -> Iterator[Assignment]:
        rule = recording(self.context, node)
        if rule is not None:
            yield from self.value(rule, target, assignment)
        else:
            yield from self.move(node, level(target.value), assignment)

    def _aggregate_value(
        self, node: promql_parser.AggregateExpr, target: Target, assignment: Assignment
    ) -> Iterator[Assignment]:
        kind = str(node.op)
        if kind == "sum":
            others = evaluate_others(node.expr, assignment, self.context, grouping(node))
            yield from self.value(
                node.expr, target.through(lambda line: (line - others).times(1 / assignment.copies)), assignment
            )
        elif kind in {"avg", "min", "max", "topk", "bottomk", "limitk", "limit_ratio", "quantile"}:
            yield from self.value(node.expr, target, assignment)
        elif kind == "group":
            yield from self.holds(node.expr, assignment)
        elif kind == "count":
            copies = whole_number(target)
            if not 1 <= copies <= MOST_COPIES:
                return
            for found in self.holds(node.expr, replace(assignment, copies=copies)):
                yield replace(found, copies=assignment.copies)
        else:
            raise OutOfReachError(f"{kind}() is not supported")

    def _binary_value(
        self, node: promql_parser.BinaryExpr, target: Target, assignment: Assignment
    ) -> Iterator[Assignment]:
        kind = str(node.op)
        if kind in COMPARISONS:
            yield from self._comparison_value(node, target, assignment)
        elif kind in promql.SETS:
            yield from self._set_value(node, target, assignment)
        else:
            yield from self._arithmetic_value(node, kind, target, assignment)

    def _arithmetic_value(
        self, node: promql_parser.BinaryExpr, kind: str, target: Target, assignment: Assignment
    ) -> Iterator[Assignment]:
        one, other = self.known(node.lhs, assignment), self.known(node.rhs, assignment)
        nothing = target.value.close(Line(0))
        if kind == "*" and nothing and Line(0) in (one, other):
            yield from self.holds(node.rhs if one == Line(0) else node.lhs, assignment)
        elif isinstance(other, Line):
            yield from self._side_value(node.lhs, target, assignment, lambda line: _without_right(kind, line, other))
        elif isinstance(one, Line):
            yield from self._side_value(node.rhs, target, assignment, lambda line: _without_left(kind, line, one))
        else:
            yield from self._value_of_unknown_sides(node, kind, target, assignment)

    def _value_of_unknown_sides(
        self, node: promql_parser.BinaryExpr, kind: str, target: Target, assignment: Assignment
    ) -> Iterator[Assignment]:
        """Yield assignments for an operation of which no side is known; either may have to be decided first."""
        product = kind in {"*", "/", "^"}
        rest = exactly(1.0 if product else 0.0)

        def left() -> Iterator[Assignment]:
            for found in self.value(node.lhs, target, assignment):
                yield from self.value(node.rhs, rest, found)

        def right() -> Iterator[Assignment]:
            for found in self.value(node.rhs, rest, assignment):
                yield from self.value(node, target, found)

        def as_it_is(side: promql_parser.Expr) -> Iterator[Assignment]:
            """A side that is compared with something has its own idea of its value."""
            for found in self.holds(side, assignment):
                if isinstance(self.known(side, found), Line):
                    yield from self.value(node, target, found)

        own = (
            partial(as_it_is, side)
            for side in (node.lhs, node.rhs)
            if any(map(promql.is_comparison, promql.nodes(side)))
        )
        names = [{promql.metric(one) for one in promql.selectors(side)} for side in (node.lhs, node.rhs)]
        alike = [partial(self._value_of_shared_series, node, target, assignment)] if names[0] & names[1] else []
        yield from self.each(*((left, right) if product else (right, left)), *own, *alike)

    def _value_of_shared_series(
        self, node: promql_parser.BinaryExpr, target: Target, assignment: Assignment
    ) -> Iterator[Assignment]:
        """Yield assignments for an operation whose sides read the same series: two values of one tell how both move."""
        ends = []
        for value in (0.0, 1.0):
            found = next(iter(self.value(node.rhs, exactly(value), assignment)), None)
            got = self.known(node, found) if found else None
            if not isinstance(got, Line) or got.slope:
                return
            ends.append(got.level)
        if abs(ends[1] - ends[0]) > TINY:
            share = (target.value.level - ends[0]) / (ends[1] - ends[0])
            for found in self.value(node.rhs, exactly(share), assignment):
                yield from self.value(node, target, found)

    def _side_value(
        self, node: promql_parser.Expr, target: Target, assignment: Assignment, back: Callable[[Line], Line | None]
    ) -> Iterator[Assignment]:
        value, pivot = back(target.value), back(Line(target.pivot))
        if value is None:
            raise OutOfReachError("an operator in it cannot be undone")
        yield from self.value(node, Target(value, pivot.level if pivot else value.level), assignment)

    def _holds(self, node: promql_parser.Expr, assignment: Assignment) -> Iterator[Assignment]:
        """Yield assignments in which an expression gives something."""
        found = self.known(node, assignment)
        if found is not None:
            yield from () if isinstance(found, Empty) else (assignment,)
        elif promql.is_comparison(node):
            yield from self._compare(node, assignment, str(node.op))
        elif isinstance(node, promql_parser.BinaryExpr):
            yield from self._holds_binary(node, assignment)
        elif isinstance(node, (promql_parser.AggregateExpr, promql_parser.UnaryExpr)):
            yield from self.holds(node.expr, assignment)
        elif isinstance(node, promql_parser.Call) and node.func.name in ABSENCE:
            yield from self.fails(_inside(node.args[0]), assignment)
        elif isinstance(node, promql_parser.Call) and _passes(node):
            yield from self.holds(_inside(node.args[0]), assignment)
        else:
            yield from self.value(node, exactly(1.0), assignment)

    def _fails(self, node: promql_parser.Expr, assignment: Assignment) -> Iterator[Assignment]:
        """Yield assignments in which an expression gives nothing.

        Raises:
            OutOfReachError: it always gives something.
        """
        found = self.known(node, assignment)
        if isinstance(found, Empty):
            yield assignment
        elif isinstance(node, promql_parser.VectorSelector):
            rule = recording(self.context, node)
            yield from self.move(node, ABSENT, assignment) if rule is None else self.fails(rule, assignment)
        elif promql.is_comparison(node):
            yield from self._fails_comparison(node, assignment)
        elif isinstance(node, promql_parser.BinaryExpr) and str(node.op) in promql.SETS:
            yield from self._fails_set(node, assignment)
        elif isinstance(node, promql_parser.BinaryExpr):
            yield from self.each(lambda: self.fails(node.lhs, assignment), lambda: self.fails(node.rhs, assignment))
        elif isinstance(node, promql_parser.AggregateExpr | promql_parser.UnaryExpr):
            yield from self.fails(node.expr, assignment)
        elif isinstance(node, promql_parser.Call) and node.func.name in ABSENCE:
            yield from self.holds(_inside(node.args[0]), assignment)
        elif isinstance(node, promql_parser.Call) and promql.selectors(node) and found is None:
            yield from self.fails(_inside(next(one for one in node.args if promql.selectors(one))), assignment)
        elif not promql.selectors(node):
            raise OutOfReachError(f"{node} always has a value")

    def _comparison_value(
        self, node: promql_parser.BinaryExpr, target: Target, assignment: Assignment
    ) -> Iterator[Assignment]:
        """Yield assignments in which a comparison gives a value: with bool 1 or 0, else that of its left side."""
        if not promql.returns_bool(node):
            for found in self.value(node.rhs if promql.is_scalar(node.lhs) else node.lhs, target, assignment):
                yield from self.holds(node, found)
            return
        true = target.value.level > target.pivot or (target.value.level == target.pivot and target.pivot > 0)
        yield from self._compare(node, assignment, str(node.op) if true else NOT[str(node.op)])

    def _set_value(
        self, node: promql_parser.BinaryExpr, target: Target, assignment: Assignment
    ) -> Iterator[Assignment]:
        """Yield assignments in which and, or, unless give a value."""
        kind = str(node.op)
        if kind == "or":

            def right() -> Iterator[Assignment]:
                for found in self.fails(node.lhs, assignment):
                    yield from self.value(node.rhs, target, found)

            yield from self.each(lambda: self.value(node.lhs, target, assignment), right)
            return
        for found in self.value(node.lhs, target, assignment):
            yield from self.holds(node.rhs, found) if kind == "and" else self.fails(node.rhs, found)

    def _holds_binary(self, node: promql_parser.BinaryExpr, assignment: Assignment) -> Iterator[Assignment]:
        kind = str(node.op)

        def both(first: promql_parser.Expr, second: promql_parser.Expr) -> Iterator[Assignment]:
            for found in self.holds(first, assignment):
                yield from self.holds(second, found)

        def without() -> Iterator[Assignment]:
            for found in self.holds(node.lhs, assignment):
                yield from self.fails(node.rhs, found)

        if kind == "or":
            yield from self.each(lambda: self.holds(node.lhs, assignment), lambda: self.holds(node.rhs, assignment))
        elif kind == "unless":
            yield from without()
        else:  # arithmetic needs both sides, as `and` does
            yield from self.each(lambda: both(node.lhs, node.rhs), lambda: both(node.rhs, node.lhs))

    def _fails_set(self, node: promql_parser.BinaryExpr, assignment: Assignment) -> Iterator[Assignment]:
        kind = str(node.op)

        def only_left_fails() -> Iterator[Assignment]:
            rest = self.holds(node.rhs, assignment) if kind == "and" else self.fails(node.rhs, assignment)
            for found in rest:
                yield from self.fails(node.lhs, found)

        def only_right_fails() -> Iterator[Assignment]:
            for found in self.holds(node.lhs, assignment):
                yield from self.fails(node.rhs, found) if kind == "and" else self.holds(node.rhs, found)

        if kind == "or":
            yield from only_left_fails()
        else:
            yield from self.each(only_left_fails, only_right_fails, lambda: self.fails(node.lhs, assignment))

    def _compare(self, node: promql_parser.BinaryExpr, assignment: Assignment, operator: str) -> Iterator[Assignment]:
        """Yield assignments in which the two sides of a comparison stand to each other as an operator says."""
        one, other = self.known(node.lhs, assignment), self.known(node.rhs, assignment)
        if one is EMPTY or other is EMPTY:
            return
        if isinstance(other, Line):
            yield from self._go_beyond(node.lhs, operator, other, assignment)
        elif isinstance(one, Line):
            yield from self._go_beyond(node.rhs, MIRRORED[operator], one, assignment)
        else:

            def first(side: promql_parser.Expr, value: float) -> Iterator[Assignment]:
                for found in self.value(side, exactly(value), assignment):
                    yield from self._compare(node, found, operator)

            # 0 where both sides read the same series: `up < count(up)`.
            tries = ((side, value) for value in (1.0, 0.0) for side in (node.rhs, node.lhs))
            yield from self.each(*(partial(first, *one) for one in tries))

    def _go_beyond(
        self, node: promql_parser.Expr, operator: str, threshold: Line, assignment: Assignment
    ) -> Iterator[Assignment]:
        targets = beyond(operator, threshold, self.context.margin)
        yield from self.each(
            *(partial(self.value, node, Target(line, threshold.level), assignment) for line in targets)
        )

    def _fails_comparison(self, node: promql_parser.BinaryExpr, assignment: Assignment) -> Iterator[Assignment]:
        if promql.returns_bool(node):
            raise NeverError(
                "a comparison with bool returns 0 where it is false and drops no series, so the alert always fires"
            )
        sides = [side for side in (node.lhs, node.rhs) if promql.selectors(side)]
        yield from self.each(
            lambda: self._compare(node, assignment, NOT[str(node.op)]),
            *(partial(self.fails, side, assignment) for side in sides),
        )

    def _call_value(self, node: promql_parser.Call, target: Target, assignment: Assignment) -> Iterator[Assignment]:
        """Yield assignments in which a call gives a value.

        Raises:
            OutOfReachError: no input makes this function give a value of our choice.
        """
        name = node.func.name
        level_of = name.removesuffix("_over_time") if name.endswith("_over_time") else None
        if name in PASSING or name.startswith("clamp"):
            yield from self.value(node.args[0], target, assignment)
        elif name in INVERSE:
            yield from self.value(node.args[0], target.through(lambda line: _invert(name, line)), assignment)
        elif name in {"absent", "absent_over_time", "present_over_time", "count_over_time"}:
            yield from self.holds(node, assignment)
        elif level_of in LEVELS or name == "predict_linear":
            yield from self._window_value(node.args[0 if level_of != "quantile" else 1], target, assignment)
        elif level_of == "sum":
            samples = _sample_count(node.args[0], self.context.sample)
            yield from self._window_value(
                node.args[0], target.through(lambda line: line.times(1 / samples)), assignment
            )
        elif name in MOVING:
            yield from self._rate_value(node, target, assignment)
        elif name in {"changes", "resets"}:
            yield from self._step_value(node, target, assignment)
        else:
            raise OutOfReachError(f"{name}() is not supported")

    def _window_value(self, node: promql_parser.Expr, target: Target, assignment: Assignment) -> Iterator[Assignment]:
        """Yield assignments in which what a window looks at has had this value all along."""
        node = promql.unwrap(node)
        if isinstance(node, promql_parser.MatrixSelector) and recording(self.context, node.vector_selector) is None:
            yield from self.move(node.vector_selector, level(target.value), assignment, promql.seconds_of(node.range))
        else:
            inner = node.vector_selector if isinstance(node, promql_parser.MatrixSelector) else node
            yield from self.value(
                inner.expr if isinstance(inner, promql_parser.SubqueryExpr) else inner, target, assignment
            )

    def _rate_value(self, node: promql_parser.Call, target: Target, assignment: Assignment) -> Iterator[Assignment]:
        name, window = node.func.name, promql.unwrap(node.args[0])
        span = {"increase": promql.seconds_of(getattr(window, "range", None)), "idelta": self.context.sample}
        span["delta"] = span["increase"]
        slope = target.value.level / (span.get(name) or 1.0)
        if target.value.slope:
            raise OutOfReachError(f"{name}() of a value that moves with the clock is not supported")
        if slope < 0 and name in GROWING:
            return  # no counter falls
        yield from self._move_inside(window, Motion(Kind.COUNTER, slope), assignment)

    def _move_inside(
        self, node: promql_parser.Expr, motion: Motion, assignment: Assignment, span: float = 0.0
    ) -> Iterator[Assignment]:
        """Yield assignments in which an expression itself grows, steps or falls."""
        node = promql.unwrap(node)
        if isinstance(node, promql_parser.MatrixSelector):
            yield from self._move_inside(node.vector_selector, motion, assignment, promql.seconds_of(node.range))
        elif isinstance(node, promql_parser.SubqueryExpr) or (
            isinstance(node, promql_parser.AggregateExpr) and str(node.op) in {"sum", "avg", "min", "max"}
        ):
            yield from self._move_inside(node.expr, motion, assignment)
        elif not isinstance(node, promql_parser.VectorSelector):
            raise OutOfReachError(f"what changes in {node} is more than one series")
        elif (rule := recording(self.context, node)) is not None:
            yield from self._move_inside(rule, motion, assignment)
        else:
            yield from self.move(node, motion, assignment, span)

    def _step_value(self, node: promql_parser.Call, target: Target, assignment: Assignment) -> Iterator[Assignment]:
        window = promql.unwrap(node.args[0])
        span, steps = promql.seconds_of(getattr(window, "range", None)), whole_number(target)
        if steps < 0:
            return
        if steps > span / self.context.sample:
            raise OutOfReachError(f"{node.func.name}() of {steps} needs more samples than its window holds")
        falling = -1 if node.func.name == "resets" else 1
        yield from self._move_inside(window, Motion(Kind.STAIRS, falling * steps / span), assignment)


def _without_right(kind: str, line: Line, other: Line) -> Line | None:
    """Return the left side that gives a line with a right side that is known."""
    undone = {"+": "-", "-": "+", "*": "/", "/": "*"}.get(kind)
    if undone:
        return arithmetic(undone, line, other)
    if kind == "^" and other.level and line.level > 0:
        return numeric(lambda value: math.pow(value, 1 / other.level), line)
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


def _passes(node: promql_parser.Call) -> bool:
    name = node.func.name
    return name in PASSING or name in NUMBERS or name.startswith(("clamp", "present_", "count_"))


def _inside(node: promql_parser.Expr) -> promql_parser.Expr:
    """Return what a window looks at."""
    node = promql.unwrap(node)
    if isinstance(node, promql_parser.MatrixSelector):
        return node.vector_selector
    return node.expr if isinstance(node, promql_parser.SubqueryExpr) else node


def _invert(name: str, line: Line) -> Line:
    if line.slope:
        raise OutOfReachError(f"{name}() of a value that moves with the clock is not supported")
    try:
        return Line(float(INVERSE[name](line.level)))
    except (ValueError, OverflowError) as error:
        raise OutOfReachError(f"{name}() never gives {line.level:g}") from error


def _sample_count(node: promql_parser.Expr, sample: float) -> int:
    node = promql.unwrap(node)
    step = (promql.seconds_of(node.step) or sample) if isinstance(node, promql_parser.SubqueryExpr) else sample
    return max(1, round(promql.seconds_of(getattr(node, "range", None)) / step))
