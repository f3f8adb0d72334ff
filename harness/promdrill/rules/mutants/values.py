"""Ways to break what an expression computes: its metrics, labels, windows, rates, joins.

Each takes the expression's text and returns another, or raises InapplicableError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import promql_parser as promql

from promdrill.rules.compress import WINDOW_SCRAPES, expression
from promdrill.rules.mutants.tree import (
    InapplicableError,
    every,
    first,
    is_zero,
    join,
    joins,
    threshold,
)
from promdrill.rules.promql import windows

if TYPE_CHECKING:
    from collections.abc import Callable

AGGREGATIONS = frozenset({"sum", "avg", "min", "max", "count", "group"})
RATES = frozenset({"rate", "increase", "irate", "delta", "deriv"})


def metric_misspelt(text: str) -> str:
    """Its first metric has a name that no series has."""

    def rewrite(node: promql.Expr) -> str | None:
        if not (isinstance(node, promql.VectorSelector) and node.name):
            return None
        return str(node).replace(node.name, f"{node.name}_misspelt", 1)

    return first(text, rewrite, "it names no metric")


def matcher_lost(text: str) -> str:
    """The label matchers of its first selector that has any are gone."""

    def rewrite(node: promql.Expr) -> str | None:
        if not (isinstance(node, promql.VectorSelector) and node.name and node.matchers.matchers):
            return None
        return str(node).partition("{")[0] + str(node).rpartition("}")[2]

    return first(text, rewrite, "it has no label matchers")


def matcher_misspelt(text: str) -> str:
    """Its first label matcher asks for a value that no series has."""

    def rewrite(node: promql.Expr) -> str | None:
        if not isinstance(node, promql.VectorSelector):
            return None
        wanted = next((one for one in node.matchers.matchers if str(one.op) in {"MatchOp.Equal", "MatchOp.Re"}), None)
        return wanted and str(node).replace(str(wanted), f'{wanted.name}="{wanted.value}_misspelt"', 1)

    return first(text, rewrite, "it has no label matchers")


def aggregation_lost(text: str) -> str:
    """Its first aggregation is gone: `rate(…)` for `sum(rate(…))`."""
    return _rewrite_aggregation(text, lambda node: f"({node.expr})", "it aggregates nothing")


def grouping_lost(text: str) -> str:
    """The `by` or `without` of its first aggregation that has one is gone."""
    return _rewrite_aggregation(
        text, lambda node: f"{node.op}({node.expr})" if node.modifier else None, "no aggregation in it has labels"
    )


def _rewrite_aggregation(text: str, rewrite: Callable[[promql.AggregateExpr], str | None], lacking: str) -> str:
    return first(
        text,
        lambda node: rewrite(node) if isinstance(node, promql.AggregateExpr) and str(node.op) in AGGREGATIONS else None,
        lacking,
    )


def join_mismatched(text: str) -> str:
    """One side of its first join has a label that the other lacks, so that nothing matches."""

    def rewrite(node: promql.Expr) -> str | None:
        if not isinstance(node, promql.BinaryExpr) or not joins(node) or str(node.op) in {"or", "unless"}:
            return None
        matching = node.modifier and node.modifier.matching
        if matching and str(matching.type).endswith("Include"):
            return None
        return join(node, right=f'label_replace({node.rhs}, "mismatch", "1", "", "")')

    return first(text, rewrite, "it joins no series with others by all their labels")


def operands_swapped(text: str) -> str:
    """The operands of its first division of series are swapped."""
    return _rewrite_division(text, lambda node: join(node, left=node.rhs, right=node.lhs))


def divisor_lost(text: str) -> str:
    """The divisor of its first division of series is gone: a rate for a ratio."""
    return _rewrite_division(text, lambda node: str(node.lhs))


def _rewrite_division(text: str, rewrite: Callable[[promql.BinaryExpr], str]) -> str:
    def rewrite_if_division(node: promql.Expr) -> str | None:
        grouped = isinstance(node, promql.BinaryExpr) and node.modifier and node.modifier.group_labels is not None
        return rewrite(node) if isinstance(node, promql.BinaryExpr) and joins(node, "/") and not grouped else None

    return first(text, rewrite_if_division, "it divides no series by others")


def window_of_one_scrape(text: str) -> str:
    """Its windows hold one scrape, where a rate needs two."""
    if not windows(text):
        raise InapplicableError("it has no window")
    return expression(text, WINDOW_SCRAPES)


def offset_added(text: str) -> str:
    """It looks at what was four weeks ago."""
    return every(
        text,
        lambda node: (
            f"{node} offset 4w" if isinstance(node, promql.VectorSelector) and not (node.offset or node.at) else None
        ),
        "all that it selects has an offset or @",
    )


def increase_for_rate(text: str) -> str:
    """Its first `rate()` is an `increase()`: what comes in a window for what comes in a second."""
    return _function(text, "rate", "increase")


def rate_for_increase(text: str) -> str:
    """Its first `increase()` is a `rate()`."""
    return _function(text, "increase", "rate")


def _function(text: str, name: str, instead: str) -> str:
    if "histogram_quantile" in text:
        raise InapplicableError("histogram_quantile() is the same of rate() and of increase()")

    def rewrite(node: promql.Expr) -> str | None:
        return f"{instead}({node.args[0]})" if isinstance(node, promql.Call) and node.func.name == name else None

    changed = first(text, rewrite, f"it has no {name}()")
    try:
        zero = is_zero(threshold(text))
    except InapplicableError:
        zero = False
    if zero:
        raise InapplicableError("a rate is zero where an increase is")
    return changed


def rate_lost(text: str) -> str:
    """Its first rate is gone: a counter's whole count for what it grew by."""

    def rewrite(node: promql.Expr) -> str | None:
        if not (isinstance(node, promql.Call) and node.func.name in RATES):
            return None
        (over,) = node.args
        return str(over.vector_selector) if isinstance(over, promql.MatrixSelector) else None

    return first(text, rewrite, "it has no rate")


def median_for_quantile(text: str) -> str:
    """Its first quantile is the median."""

    def rewrite(node: promql.Expr) -> str | None:
        if not (isinstance(node, promql.Call) and node.func.name == "histogram_quantile"):
            return None
        quantile, of = node.args
        higher = isinstance(quantile, promql.NumberLiteral) and quantile.val > 0.5  # noqa: PLR2004 - the median itself
        return f"histogram_quantile(0.5, {of})" if higher else None

    return first(text, rewrite, "it has no quantile above the median")


VALUES = (
    metric_misspelt,
    matcher_lost,
    matcher_misspelt,
    aggregation_lost,
    grouping_lost,
    join_mismatched,
    operands_swapped,
    divisor_lost,
    window_of_one_scrape,
    offset_added,
    increase_for_rate,
    rate_for_increase,
    rate_lost,
    median_for_quantile,
)
