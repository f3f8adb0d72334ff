"""What is asked of promql-parser's tree: its children, how far back it looks, what it selects."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, TypeGuard

import promql_parser as promql

from promdrill.contract.promql import COMPARISONS, unwrapped
from promdrill.virtual.examples import Matcher
from promdrill.virtual.examples import accepted as accepts
from promdrill.virtual.reach import OutOfReachError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOKBACK = 300.0  # how long Prometheus holds a sample that no newer one follows
SETS = frozenset({"and", "or", "unless"})
OPERATORS = {
    "MatchOp.Equal": "=",
    "MatchOp.NotEqual": "!=",
    "MatchOp.Re": "=~",
    "MatchOp.NotRe": "!~",
}


def parse(text: str) -> promql.Expr:
    """Return the tree of an expression.

    Raises:
        OutOfReachError: promql-parser does not know its syntax, though promtool may.
    """
    try:
        return promql.parse(text)
    except ValueError as error:
        raise OutOfReachError(f"promql-parser cannot read it: {' '.join(str(error).split())}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # which promql-parser (0.11) raises at some durations
            raise
        raise OutOfReachError("promql-parser cannot read a duration in it") from error


def children(node: promql.Expr) -> Iterator[promql.Expr]:
    """Yield what a node is made of; of a matrix selector, the selector."""
    if isinstance(node, promql.BinaryExpr):
        yield from (node.lhs, node.rhs)
    elif isinstance(node, promql.Call):
        yield from node.args
    elif isinstance(node, promql.AggregateExpr):
        yield from (one for one in (node.param, node.expr) if one is not None)
    elif isinstance(node, promql.MatrixSelector):
        yield node.vector_selector
    elif isinstance(node, promql.ParenExpr | promql.UnaryExpr | promql.SubqueryExpr):
        yield node.expr


def every(node: promql.Expr) -> Iterator[promql.Expr]:
    """Yield a node and all below it."""
    yield node
    for child in children(node):
        yield from every(child)


def length(duration: object) -> float:
    """Return a duration of the tree in seconds; 0 where there is none."""
    return duration.total_seconds() if isinstance(duration, dt.timedelta) else 0.0


def memory(node: promql.Expr, *, offsets: bool = True) -> float:
    """Return how many seconds back a value depends on samples, without the lookback."""
    own = length(getattr(node, "range", None)) + (length(getattr(node, "offset", None)) if offsets else 0.0)
    return max(own, 0.0) + max((memory(child, offsets=offsets) for child in children(node)), default=0.0)


def ranges(node: promql.Expr) -> list[float]:
    """Return the windows of range selectors, in seconds."""
    return [length(one.range) for one in every(node) if isinstance(one, promql.MatrixSelector)]


def selectors(node: promql.Expr) -> list[promql.VectorSelector]:
    """Return the selectors of an expression, in its order."""
    return [one for one in every(node) if isinstance(one, promql.VectorSelector)]


def matchers(selector: promql.VectorSelector) -> tuple[Matcher, ...]:
    """Return a selector's matchers, that of its name among them.

    Raises:
        OutOfReachError: it joins matchers with `or`.
    """
    if selector.matchers.or_matchers:
        raise OutOfReachError("matchers joined with `or` are not steered")
    named = (Matcher("__name__", "=", selector.name),) if selector.name else ()
    return named + tuple(Matcher(one.name, OPERATORS[str(one.op)], one.value) for one in selector.matchers.matchers)


def metric(selector: promql.VectorSelector) -> str:
    """Return the metric's name, or an empty text where the selector gives none."""
    return next((one.value for one in matchers(selector) if one.label == "__name__" and one.operator == "="), "")


def comparison(node: promql.Expr) -> TypeGuard[promql.BinaryExpr]:
    """Tell whether a node compares."""
    return isinstance(node, promql.BinaryExpr) and str(node.op) in COMPARISONS


def scalar(node: promql.Expr) -> bool:
    """Tell whether a node gives a number without labels: a comparison of one with a series keeps the series' value."""
    node = unwrapped(node)
    if isinstance(node, promql.Call):
        return node.func.name in {"time", "pi", "scalar"}
    below = list(children(node))
    return isinstance(node, promql.NumberLiteral) or (
        isinstance(node, promql.BinaryExpr | promql.UnaryExpr) and all(map(scalar, below))
    )


def returns_bool(node: promql.BinaryExpr) -> bool:
    """Tell whether a comparison gives 0 and 1 in place of dropping what it is not true of."""
    return bool(node.modifier and node.modifier.return_bool)


def text_of(node: promql.Expr) -> str | None:
    """Return a part of an expression as text; None where promql-parser does not write it back as it was.

    It leaves out milliseconds, and does not escape quotes (0.11).
    """
    values = [getattr(one, name, None) for one in every(node) for name in ("range", "step", "offset")]
    if any(isinstance(value, dt.timedelta) and value.microseconds for value in values):
        return None
    text = str(node)
    quoted = [one.value for selector in selectors(node) for one in matchers(selector)]
    return text if not any(mark in value for value in quoted for mark in '\\"\n') else None


__all__ = [
    "Matcher",
    "accepts",
    "children",
    "comparison",
    "every",
    "matchers",
    "memory",
    "parse",
    "ranges",
    "scalar",
    "selectors",
    "unwrapped",
]
