"""What an expression gives in the steady state of an input that is partly decided; None where that does not say."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import promql_parser

from promdrill.rules import promql
from promdrill.virtual.ground import Ground, State, recording
from promdrill.virtual.motion import ABSENT, Kind, Line, Motion
from promdrill.virtual.operators import ALIKE, COMPARE, LEVELS, NUMBERS, PASSING, arithmetic, numeric

if TYPE_CHECKING:
    from promdrill.virtual.motion import Labels


class Empty:
    """An answer without any series."""


EMPTY = Empty()
Known = Line | Empty | None


@dataclass(frozen=True)
class _Reading:
    """One evaluation. `summed` adds up all decided series that a selector matches; `others` leaves its own out."""

    ground: Ground
    state: State
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
            return self._selected(node)
        if isinstance(node, promql_parser.AggregateExpr):
            return self._aggregated(node)
        if isinstance(node, promql_parser.BinaryExpr):
            return self._binary(node)
        return self._called(node) if isinstance(node, promql_parser.Call) else None

    def _selected(self, node: promql_parser.VectorSelector) -> Known:
        if (rule := recording(self.ground, node)) is not None:
            return self.of(rule)
        return self._line(self._motion(node))

    @staticmethod
    def _line(motion: Motion | None) -> Known:
        if motion is None or motion.kind is Kind.ABSENT:
            return None if motion is None else EMPTY
        return Line(motion.first, motion.second) if motion.kind is Kind.LEVEL else None

    def _motion(self, node: promql_parser.VectorSelector, span: float = 0.0) -> Motion | None:
        labels = self.ground.labeller.labels(node)
        own = self.state.motions.get(labels)
        if labels in self.state.past and (promql.seconds_of(node.offset) > 0 or span >= self.ground.long):
            return self.state.past[labels]
        if not self.summed or node.at is not None:
            return own if node.at is None else None
        if own is None and not self.others:
            return None
        rest = [
            motion
            for other, motion in self.state.motions.items()
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

    def _aggregated(self, node: promql_parser.AggregateExpr) -> Known:
        kind = str(node.op)
        inner = self.of(node.expr)
        if isinstance(inner, Empty):
            return EMPTY
        if kind in ALIKE:
            return inner
        if kind == "group":
            return inner and Line(1)
        by = node.modifier and node.modifier.type == promql_parser.AggModifierType.By
        grouped = frozenset(node.modifier.labels) - {"le"} if by and node.modifier else None
        if kind == "sum":
            return replace(self, summed=True, by=grouped).of(node.expr)
        if kind == "count" and isinstance(inner, Line):
            found = [self.state.motions.get(self.ground.labeller.labels(one)) for one in promql.selectors(node.expr)]
            return Line(max((motion.copies for motion in found if motion), default=1))
        return None

    def _binary(self, node: promql_parser.BinaryExpr) -> Known:
        one, other, kind = self.of(node.lhs), self.of(node.rhs), str(node.op)
        if kind in promql.SETS:
            return self._set(kind, one, other)
        if isinstance(one, Empty) or isinstance(other, Empty):
            return EMPTY
        if one is None or other is None:
            return None
        return self._compared(node, kind, one, other) if kind in COMPARE else arithmetic(kind, one, other)

    @staticmethod
    def _compared(node: promql_parser.BinaryExpr, kind: str, one: Line, other: Line) -> Known:
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

    def _called(self, node: promql_parser.Call) -> Known:  # noqa: PLR0911 - one for each family of functions
        name = node.func.name
        if not node.args:
            return {"time": Line(0, 1), "pi": Line(math.pi)}.get(name)
        if name in PASSING:
            return self.of(node.args[0])
        if name in NUMBERS:
            inner = self.of(node.args[0])
            return numeric(NUMBERS[name], inner) if isinstance(inner, Line) else inner
        if name.startswith("clamp"):
            return self._clamped(node)
        if name.endswith("_over_time") and name.removesuffix("_over_time") in LEVELS:
            return self._level(node.args[-1])
        if name.startswith(("absent", "present_")):
            return self._there(node)
        return self._predicted(node) if name == "predict_linear" else self._moving(node)

    def _there(self, node: promql_parser.Call) -> Known:
        inner = self._level(node.args[0])
        if inner is None:
            return None
        return Line(1) if isinstance(inner, Empty) == node.func.name.startswith("absent") else EMPTY

    def _predicted(self, node: promql_parser.Call) -> Known:
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
        if (rule := recording(self.ground, node.vector_selector)) is not None:
            return self.of(rule)
        return self._line(self._motion(node.vector_selector, promql.seconds_of(node.range)))

    def _moving(self, node: promql_parser.Call) -> Known:
        name, matrix = node.func.name, promql.unwrap(node.args[0])
        if not isinstance(matrix, promql_parser.MatrixSelector) or recording(self.ground, matrix.vector_selector):
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
            "idelta": self.ground.sample,
        }
        if name in factors:
            return Line((motion.second if gauge else motion.first) * factors[name])
        if name == "sum_over_time":
            return Line(motion.first, motion.second).times(round(span / self.ground.sample)) if gauge else None
        if name == "changes" and (stairs or (gauge and not motion.second)):
            return Line(abs(motion.first) * span if stairs else 0.0)
        return Line(-motion.first * span if stairs and motion.first < 0 else 0.0) if name == "resets" else None

    def _clamped(self, node: promql_parser.Call) -> Known:
        value, *limits = (self.of(one) for one in node.args)
        if not isinstance(value, Line) or value.slope or not all(isinstance(one, Line) for one in limits):
            return value if isinstance(value, Empty) else None
        bounds = [one.level for one in limits if isinstance(one, Line)]
        low = bounds[0] if node.func.name != "clamp_max" else -math.inf
        high = bounds[-1] if node.func.name != "clamp_min" else math.inf
        return Line(min(max(value.level, low), high))


def known(node: promql_parser.Expr, state: State, ground: Ground) -> Known:
    """Return the value of an expression, EMPTY, or None where it is not decided yet."""
    return _Reading(ground, state).of(node)


def of_others(node: promql_parser.Expr, state: State, ground: Ground, by: frozenset[str] | None) -> Line:
    """Return what decided series add to a sum beside the one that is not decided yet."""
    found = _Reading(ground, state, summed=True, others=True, by=by).of(node)
    return found if isinstance(found, Line) else Line(0)
