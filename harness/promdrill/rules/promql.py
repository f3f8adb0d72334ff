"""PromQL as promql-parser reads it: is it well formed, what is it made of, how far back it looks, what it selects."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

import promql_parser

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
SETS = frozenset({"and", "or", "unless"})
SCALARS = frozenset({"time", "pi", "scalar"})
LOOKBACK = 300.0  # how long Prometheus holds a sample that no newer one follows
# Expressions that Prometheus takes in an instant query, and that have no one value for each series.
VALUELESS = (promql_parser.MatrixSelector, promql_parser.SubqueryExpr, promql_parser.StringLiteral)
OPERATORS = {
    "MatchOp.Equal": "=",
    "MatchOp.NotEqual": "!=",
    "MatchOp.Re": "=~",
    "MatchOp.NotRe": "!~",
}


class UnreadableError(ValueError):
    """PromQL that promql-parser, or promdrill, cannot read, though Prometheus may."""


class Matcher(NamedTuple):
    """One label matcher: `label operator value`."""

    label: str
    operator: str
    value: str

    def accepts(self, value: str, *, unreadable: bool = False) -> bool:
        """Tell whether it accepts a label's value; a label that is not there has the empty one.

        `unreadable` is the answer where its regular expression is one that Go knows and Python does not.
        """
        if self.operator in {"=", "!="}:
            return (value == self.value) == (self.operator == "=")
        try:
            found = re.fullmatch(self.value, value) is not None
        except re.error:
            return unreadable
        return found == (self.operator == "=~")


def parse(text: str) -> promql_parser.Expr:
    """Return the tree of an expression.

    Raises:
        UnreadableError: promql-parser does not know it; a newer Prometheus may.
    """
    try:
        return promql_parser.parse(text)
    except ValueError as error:
        raise UnreadableError(" ".join(str(error).split())) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # which promql-parser (0.11) raises at `offset inf`
            raise
        raise UnreadableError("a duration in it is out of range") from None


def syntax_error(text: str) -> str | None:
    """Return what is wrong with an expression, or None where it parses and gives a value for each series."""
    try:
        parse(text)
    except UnreadableError as error:
        return str(error)
    return value_error(text)


def value_error(text: str) -> str | None:
    """Return why an expression has no value for each series, or None; None too where promql-parser does not know it."""
    try:
        valueless = isinstance(unwrap(parse(text)), VALUELESS)
    except UnreadableError:
        return None
    return "it returns ranges or a string, but one value for each series is needed" if valueless else None


def comparison_error(text: str) -> str | None:
    """Return why an expression that parses is no comparison that an invariant can be, or None."""
    node = unwrap(promql_parser.parse(text))
    if not is_comparison(node):
        return f"its outermost operator is not a comparison ({', '.join(sorted(COMPARISONS))})"
    if returns_bool(node):
        return "a comparison with bool returns 0 where it is false, and drops no series"
    if any(duration.microseconds for duration in durations(node)):
        # Its left side is asked for as promql-parser (0.11) writes it, which leaves milliseconds out.
        return "its durations must be whole seconds"
    return None


def unwrap(node: promql_parser.Expr) -> promql_parser.Expr:
    """Return an expression without the parentheses around it."""
    while isinstance(node, promql_parser.ParenExpr):
        node = node.expr
    return node


def children(node: promql_parser.Expr) -> Iterator[promql_parser.Expr]:
    """Yield what a node is made of; of a matrix selector, the selector."""
    if isinstance(node, promql_parser.BinaryExpr):
        yield from (node.lhs, node.rhs)
    elif isinstance(node, promql_parser.Call):
        yield from node.args
    elif isinstance(node, promql_parser.AggregateExpr):
        yield from (one for one in (node.param, node.expr) if one is not None)
    elif isinstance(node, promql_parser.MatrixSelector):
        yield node.vector_selector
    elif isinstance(node, promql_parser.ParenExpr | promql_parser.UnaryExpr | promql_parser.SubqueryExpr):
        yield node.expr


def nodes(expression: promql_parser.Expr | str) -> Iterator[promql_parser.Expr]:
    """Yield every node of an expression, its root first; none of a text that promql-parser does not know."""
    if isinstance(expression, str):
        try:
            expression = parse(expression)
        except UnreadableError:
            return
    yield expression
    for child in children(expression):
        yield from nodes(child)


def selectors(expression: promql_parser.Expr | str) -> list[promql_parser.VectorSelector]:
    """Return the selectors of an expression, in its order."""
    return [one for one in nodes(expression) if isinstance(one, promql_parser.VectorSelector)]


def functions(expression: promql_parser.Expr | str) -> list[str]:
    """Return the names of the functions that an expression calls, in its order."""
    return [one.func.name for one in nodes(expression) if isinstance(one, promql_parser.Call)]


def windows(expression: promql_parser.Expr | str, *, subqueries: bool = True) -> list[float]:
    """Return the ranges of an expression in seconds: those of range selectors and, unless left out, of subqueries."""
    kinds = (promql_parser.MatrixSelector, *((promql_parser.SubqueryExpr,) if subqueries else ()))
    return [seconds_of(one.range) for one in nodes(expression) if isinstance(one, kinds)]


def durations(expression: promql_parser.Expr) -> list[dt.timedelta]:
    """Return every range, step and offset of an expression."""
    values = (getattr(node, name, None) for node in nodes(expression) for name in ("range", "step", "offset"))
    return [value for value in values if isinstance(value, dt.timedelta)]


def seconds_of(duration: object) -> float:
    """Return a duration of the tree in seconds; 0 where there is none."""
    return duration.total_seconds() if isinstance(duration, dt.timedelta) else 0.0


def memory(node: promql_parser.Expr, *, offsets: bool = True) -> float:
    """Return how many seconds back a value depends on samples, without the lookback."""
    own = seconds_of(getattr(node, "range", None)) + (seconds_of(getattr(node, "offset", None)) if offsets else 0.0)
    return max(own, 0.0) + max((memory(child, offsets=offsets) for child in children(node)), default=0.0)


def matchers(selector: promql_parser.VectorSelector) -> tuple[Matcher, ...]:
    """Return a selector's matchers, that of its name among them.

    Raises:
        UnreadableError: it joins matchers with `or`.
    """
    if selector.matchers.or_matchers:
        raise UnreadableError("matchers joined with `or` are not supported")
    return _alternatives(selector)[0]


@lru_cache(maxsize=4096)
def alternatives(text: str) -> tuple[tuple[tuple[Matcher, ...], ...], ...]:
    """Return, for each selector of an expression, the groups of matchers of which one must accept a series."""
    return tuple(_alternatives(selector) for selector in selectors(text))


def _alternatives(selector: promql_parser.VectorSelector) -> tuple[tuple[Matcher, ...], ...]:
    # Prometheus 3 lets a selector join groups of matchers with `or`; the first group is then empty.
    written = [one for one in (selector.matchers.matchers, *selector.matchers.or_matchers) if one]
    name = (Matcher("__name__", "=", selector.name),) if selector.name else ()
    return tuple(
        name + tuple(Matcher(one.name, OPERATORS[str(one.op)], one.value) for one in group) for group in written or [[]]
    )


def metric(selector: promql_parser.VectorSelector) -> str:
    """Return the metric's name, or an empty text where the selector gives none."""
    return next((one.value for one in matchers(selector) if one.label == "__name__" and one.operator == "="), "")


def admits(group: Iterable[Matcher], labels: dict[str, str]) -> bool:
    """Tell whether matchers accept labels; one of a label that is not among them can have any value.

    A regular expression that Python does not know is taken for a match.
    """
    return all(one.accepts(labels[one.label], unreadable=True) for one in group if one.label in labels)


def is_comparison(node: promql_parser.Expr) -> TypeGuard[promql_parser.BinaryExpr]:
    """Tell whether a node compares."""
    return isinstance(node, promql_parser.BinaryExpr) and str(node.op) in COMPARISONS


def is_scalar(node: promql_parser.Expr) -> bool:
    """Tell whether a node gives a number without labels: a comparison of one with a series keeps the series' value."""
    node = unwrap(node)
    if isinstance(node, promql_parser.Call):
        return node.func.name in SCALARS
    return isinstance(node, promql_parser.NumberLiteral) or (
        isinstance(node, promql_parser.BinaryExpr | promql_parser.UnaryExpr) and all(map(is_scalar, children(node)))
    )


def returns_bool(node: promql_parser.BinaryExpr) -> bool:
    """Tell whether a comparison gives 0 and 1 in place of dropping what it is not true of."""
    return bool(node.modifier and node.modifier.return_bool)


def text_of(node: promql_parser.Expr) -> str | None:
    """Return a part of an expression as text; None where promql-parser does not write it back as it was.

    It leaves out milliseconds, and does not escape quotes (0.11).
    """
    if any(value.microseconds for value in durations(node)):
        return None
    texts = [one.value for selector in selectors(node) for one in matchers(selector)]
    return str(node) if not any(mark in value for value in texts for mark in '\\"\n') else None


def squeeze(text: str) -> str:
    """Return an expression without its white space and comments."""
    return re.sub(r"\s+", "", re.sub(r"#[^\n]*", "", text))
