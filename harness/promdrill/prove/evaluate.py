"""What an expression gives in the steady state of an input that is partly decided; None where that does not say."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import promql_parser

from promdrill.prove.errors import OutOfReachError
from promdrill.prove.series import ABSENT, Kind, Line, Motion
from promdrill.rules import promql

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.prove.labels import Labeller
    from promdrill.prove.series import Labels, Motions
    from promdrill.rules.rulefile import Rule

LEVELS = frozenset({"avg", "min", "max", "last", "quantile"})
# Of one series in each group, all of these give its own value.
ALIKE = frozenset({"avg", "min", "max", "topk", "bottomk", "limitk", "limit_ratio", "quantile"})
PASSING = frozenset({"vector", "scalar", "sort", "sort_desc", "sort_by_label", "sort_by_label_desc"}) | {
    "label_replace",
    "label_join",
}
NUMBERS: dict[str, Callable[[float], float]] = {
    "abs": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "round": round,
    "exp": math.exp,
    "ln": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "sqrt": math.sqrt,
    "sgn": lambda value: math.copysign(1, value) if value else 0,
}
COMPARE: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Assignment:
    """What is decided so far: how series move now, and how they moved an offset ago where that differs."""

    motions: Motions = field(default_factory=dict)
    past: Motions = field(default_factory=dict)
    copies: int = 1

    def decide(self, labels: Labels, motion: Motion) -> Assignment:
        """Return these decisions, and the motion of one more series."""
        return replace(self, motions={**self.motions, labels: motion})


@dataclass(frozen=True)
class Context:
    """What does not change while an input is sought: labels, recording rules, samples, how far beyond a threshold.

    A window of `long` seconds or more holds little of what has just begun, if the alert has a much shorter one.
    """

    labeller: Labeller
    recorded: dict[str, tuple[Rule, ...]]
    sample: float
    long: float
    margin: float

    def looks_back(self, node: promql_parser.Expr) -> bool:
        """Tell whether a value depends on what was before: by an offset, or by a window that is long."""
        spans = (
            promql.seconds_of(one.range) for one in promql.nodes(node) if isinstance(one, promql_parser.MatrixSelector)
        )
        offsets = (promql.seconds_of(one.offset) for one in promql.selectors(node))
        return any(offset > 0 for offset in offsets) or any(span >= self.long for span in spans)


def recording(context: Context, selector: promql_parser.VectorSelector) -> promql_parser.Expr | None:
    """Return what records the series of a selector, if a rule does whose own labels its matchers accept."""
    for rule in context.recorded.get(promql.metric(selector), ()):
        asked = [one for one in promql.matchers(selector) if one.label in rule.labels]
        if all(one.accepts(rule.labels[one.label]) for one in asked):
            return promql.parse(rule.expr)
    return None


@dataclass(frozen=True)
class Target:
    """A value to reach, and the threshold that it lies beyond, as both look from the part that is asked for it."""

    value: Line
    pivot: float

    def is_reached(self, found: Line) -> bool:
        """Tell whether a value is the wanted one, or lies still further beyond the threshold."""
        if found.slope == self.value.slope and self.value.level != self.pivot:
            further = found.level - self.value.level
            return found.close(self.value) or (further > 0) == (self.value.level > self.pivot)
        return found.close(self.value)

    def through(self, change: Callable[[Line], Line]) -> Target:
        """Return what a part must give so that a change of it gives this."""
        return Target(change(self.value), change(Line(self.pivot)).level)


def exactly(value: float) -> Target:
    """Return a value that no threshold asks for."""
    return Target(Line(value), value)


def whole_number(target: Target) -> int:
    """Return a number of things: the next whole one on its side of the threshold.

    Raises:
        OutOfReachError: it is NaN or infinite, which no count is.
    """
    if not math.isfinite(target.value.level):
        raise OutOfReachError(f"nothing is counted as {target.value.level:g}")
    return math.ceil(target.value.level) if target.value.level > target.pivot else math.floor(target.value.level)


def grouping(node: promql_parser.AggregateExpr) -> frozenset[str] | None:
    """Return the labels by which an aggregation groups, without that of buckets; None where it does not say `by`."""
    by = node.modifier and node.modifier.type == promql_parser.AggModifierType.By
    return frozenset(node.modifier.labels) - {"le"} if by and node.modifier else None


class Empty:
    """An answer without any series."""


EMPTY = Empty()
Known = Line | Empty | None


@dataclass(frozen=True)
class _Evaluation:
    """One evaluation. `summed` adds up all decided series that a selector matches; `others` leaves its own out."""

    context: Context
    assignment: Assignment
    summed: bool = False
    others: bool = False
    by: frozenset[str] | None = None

    def of(self, node: promql_parser.Expr) -> Known:
        node = promql.unwrap(node)
        if isinstance(node, promql_parser.NumberLiteral):
            return Line(node.val)
        if isinstance(node, promql_parser.UnaryExpr):
            inner = self.of(node.expr)
            return inner.times(-1) if isinstance(inner, Line) else inner
        if isinstance(node, promql_parser.VectorSelector):
            return self._selector(node)
        if isinstance(node, promql_parser.AggregateExpr):
            return self._aggregation(node)
        if isinstance(node, promql_parser.BinaryExpr):
            return self._operation(node)
        return self._call(node) if isinstance(node, promql_parser.Call) else None

    def _selector(self, node: promql_parser.VectorSelector) -> Known:
        if (rule := recording(self.context, node)) is not None:
            return self.of(rule)
        return self._line(self._motion(node))

    @staticmethod
    def _line(motion: Motion | None) -> Known:
        if motion is None or motion.kind is Kind.ABSENT:
            return None if motion is None else EMPTY
        return Line(motion.first, motion.second) if motion.kind is Kind.LEVEL else None

    def _motion(self, node: promql_parser.VectorSelector, span: float = 0.0) -> Motion | None:
        labels = self.context.labeller.labels(node)
        own = self.assignment.motions.get(labels)
        if labels in self.assignment.past and (promql.seconds_of(node.offset) > 0 or span >= self.context.long):
            return self.assignment.past[labels]
        if not self.summed or node.at is not None:
            return own if node.at is None else None
        if own is None and not self.others:
            return None
        rest = [
            motion
            for other, motion in self.assignment.motions.items()
            if (other != labels or not self.others)
            and motion.kind is not Kind.ABSENT
            and self._same(node, labels, other)
        ]
        if not rest:
            return own if not self.others else ABSENT
        if len({motion.kind for motion in rest}) > 1:
            return None
        return replace(
            rest[0],
            first=sum(motion.first * motion.copies for motion in rest),
            second=sum(motion.second * motion.copies for motion in rest),
        )

    def _same(self, node: promql_parser.VectorSelector, labels: Labels, other: Labels) -> bool:
        """Tell whether a series is selected too, and falls into the same group."""
        theirs, own = dict(other), dict(labels)
        selected = all(one.accepts(theirs.get(one.label, "")) for one in promql.matchers(node))
        return selected and all(theirs.get(one) == own.get(one) for one in self.by or ())

    def _aggregation(self, node: promql_parser.AggregateExpr) -> Known:
        kind = str(node.op)
        inner = self.of(node.expr)
        if isinstance(inner, Empty):
            return EMPTY
        if kind in ALIKE:
            return inner
        if kind == "group":
            return inner and Line(1)
        if kind == "sum":
            return replace(self, summed=True, by=grouping(node)).of(node.expr)
        if kind == "count" and isinstance(inner, Line):
            found = [
                self.assignment.motions.get(self.context.labeller.labels(one)) for one in promql.selectors(node.expr)
            ]
            return Line(max((motion.copies for motion in found if motion), default=1))
        return None

    def _operation(self, node: promql_parser.BinaryExpr) -> Known:
        one, other, kind = self.of(node.lhs), self.of(node.rhs), str(node.op)
        if kind in promql.SETS:
            return self._set(kind, one, other)
        if isinstance(one, Empty) or isinstance(other, Empty):
            return EMPTY
        if one is None or other is None:
            return None
        return self._comparison(node, kind, one, other) if kind in COMPARE else arithmetic(kind, one, other)

    @staticmethod
    def _comparison(node: promql_parser.BinaryExpr, kind: str, one: Line, other: Line) -> Known:
        if one.slope != other.slope:
            return None
        true = COMPARE[kind](one.level, other.level)
        if promql.returns_bool(node):
            return Line(float(true))
        kept = other if promql.is_scalar(node.lhs) else one
        return kept if true else EMPTY

    @staticmethod
    def _set(kind: str, one: Known, other: Known) -> Known:
        if kind == "or":
            return other if isinstance(one, Empty) else one
        if isinstance(one, Empty):
            return EMPTY
        if other is None:
            return None
        there = not isinstance(other, Empty)
        return one if there == (kind == "and") else EMPTY

    def _call(self, node: promql_parser.Call) -> Known:  # noqa: PLR0911 - one for each family of functions
        name = node.func.name
        if not node.args:
            return {"time": Line(0, 1), "pi": Line(math.pi)}.get(name)
        if name in PASSING:
            return self.of(node.args[0])
        if name in NUMBERS:
            inner = self.of(node.args[0])
            return numeric(NUMBERS[name], inner) if isinstance(inner, Line) else inner
        if name.startswith("clamp"):
            return self._clamp(node)
        if name.endswith("_over_time") and name.removesuffix("_over_time") in LEVELS:
            return self._level(node.args[-1])
        if name.startswith(("absent", "present_")):
            return self._presence(node)
        return self._prediction(node) if name == "predict_linear" else self._rate(node)

    def _presence(self, node: promql_parser.Call) -> Known:
        inner = self._level(node.args[0])
        if inner is None:
            return None
        return Line(1) if isinstance(inner, Empty) == node.func.name.startswith("absent") else EMPTY

    def _prediction(self, node: promql_parser.Call) -> Known:
        inner, ahead = self._level(node.args[0]), self.of(node.args[1])
        if isinstance(inner, Line) and isinstance(ahead, Line):
            return inner + Line(inner.slope * ahead.level)
        return None

    def _level(self, node: promql_parser.Expr) -> Known:
        node = promql.unwrap(node)
        if isinstance(node, promql_parser.SubqueryExpr):
            return self.of(node.expr)
        if not isinstance(node, promql_parser.MatrixSelector):
            return self.of(node)
        if (rule := recording(self.context, node.vector_selector)) is not None:
            return self.of(rule)
        return self._line(self._motion(node.vector_selector, promql.seconds_of(node.range)))

    def _rate(self, node: promql_parser.Call) -> Known:
        name, matrix = node.func.name, promql.unwrap(node.args[0])
        if not isinstance(matrix, promql_parser.MatrixSelector) or recording(self.context, matrix.vector_selector):
            return None
        span = promql.seconds_of(matrix.range)
        motion = self._motion(matrix.vector_selector, span)
        if motion is None or motion.kind is Kind.ABSENT:
            return None if motion is None else EMPTY
        gauge, stairs = motion.kind is Kind.LEVEL, motion.kind is Kind.STAIRS
        factors = {
            "rate": 1.0,
            "irate": 1.0,
            "deriv": 1.0,
            "increase": span,
            "delta": span,
            "idelta": self.context.sample,
        }
        if name in factors:
            return Line((motion.second if gauge else motion.first) * factors[name])
        if name == "sum_over_time":
            return Line(motion.first, motion.second).times(round(span / self.context.sample)) if gauge else None
        if name == "changes" and (stairs or (gauge and not motion.second)):
            return Line(abs(motion.first) * span if stairs else 0.0)
        return Line(-motion.first * span if stairs and motion.first < 0 else 0.0) if name == "resets" else None

    def _clamp(self, node: promql_parser.Call) -> Known:
        value, *limits = (self.of(one) for one in node.args)
        if not isinstance(value, Line) or value.slope or not all(isinstance(one, Line) for one in limits):
            return value if isinstance(value, Empty) else None
        bounds = [one.level for one in limits if isinstance(one, Line)]
        low = bounds[0] if node.func.name != "clamp_max" else -math.inf
        high = bounds[-1] if node.func.name != "clamp_min" else math.inf
        return Line(min(max(value.level, low), high))


def evaluate(node: promql_parser.Expr, assignment: Assignment, context: Context) -> Known:
    """Return the value of an expression, EMPTY, or None where it is not decided yet."""
    return _Evaluation(context, assignment).of(node)


def evaluate_others(
    node: promql_parser.Expr, assignment: Assignment, context: Context, by: frozenset[str] | None
) -> Line:
    """Return what decided series add to a sum beside the one that is not decided yet."""
    found = _Evaluation(context, assignment, summed=True, others=True, by=by).of(node)
    return found if isinstance(found, Line) else Line(0)


def arithmetic(kind: str, one: Line, other: Line) -> Line | None:
    """Return one line joined with another by an operator of arithmetic; None where that is no line."""
    if kind in {"+", "-"}:
        return one + other if kind == "+" else one - other
    if kind == "*" and not (one.slope and other.slope):
        return one.times(other.level) if not other.slope else other.times(one.level)
    if kind == "/" and not other.slope and other.level:
        return one.times(1 / other.level)
    if one.slope or other.slope or kind not in {"%", "^"}:
        return None
    calculate = {"%": math.fmod, "^": math.pow}[kind]
    return numeric(lambda value: calculate(value, other.level), one)


def numeric(function: Callable[[float], float], line: Line) -> Line | None:
    """Return a function of a line that stays; None where it has no value there."""
    try:
        return None if line.slope else Line(float(function(line.level)))
    except (ValueError, OverflowError, ZeroDivisionError):
        return None
