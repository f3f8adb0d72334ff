"""Ways to break what an expression decides by: its threshold, its comparison, its `and` and `or`.

Each takes the expression's text and returns another, or raises InapplicableError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import promql_parser as promql

from promdrill.rules.mutants.tree import (
    InapplicableError,
    compares_with_number,
    first,
    is_zero,
    join,
    joins,
    threshold,
    tree,
)

if TYPE_CHECKING:
    from collections.abc import Callable

REVERSED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "!=", "!=": "=="}


def threshold_times_10(text: str) -> str:
    """Its threshold is ten times as high."""
    return _times(text, 10)


def threshold_divided_by_10(text: str) -> str:
    """Its threshold is a tenth."""
    return _times(text, 0.1)


def _times(text: str, factor: float) -> str:
    if is_zero(threshold(text)):
        raise InapplicableError("ten times zero is zero")

    def rewrite(node: promql.Expr) -> str | None:
        if not (isinstance(node, promql.BinaryExpr) and compares_with_number(node)):
            return None
        sides = (f"{s.val * factor:.12g}" if isinstance(s, promql.NumberLiteral) else s for s in (node.lhs, node.rhs))
        return join(node, left=next(sides), right=next(sides))

    return first(text, rewrite, "")


def comparison_reversed(text: str) -> str:
    """It compares the wrong way round: `>` for `<`, `==` for `!=`."""
    return _rewrite_comparison(text, lambda node: join(node, operator=REVERSED[str(node.op)]))


def comparison_lost(text: str) -> str:
    """It has no threshold: every series fires."""
    return _rewrite_comparison(
        text, lambda node: str(node.rhs if isinstance(node.lhs, promql.NumberLiteral) else node.lhs)
    )


def comparison_bool(text: str) -> str:
    """It compares with `bool`: 0 where the threshold is not reached, and that fires too."""

    def with_bool(node: promql.BinaryExpr) -> str:
        if node.modifier and node.modifier.return_bool:
            raise InapplicableError("its comparison has bool")
        return join(node, operator=f"{node.op} bool")

    return _rewrite_comparison(text, with_bool)


def _rewrite_comparison(text: str, rewrite: Callable[[promql.BinaryExpr], str]) -> str:
    threshold(text)
    return first(
        text,
        lambda node: rewrite(node) if isinstance(node, promql.BinaryExpr) and compares_with_number(node) else None,
        "",
    )


def or_for_and(text: str) -> str:
    """Its first `and` is an `or`: one condition is enough."""
    return _set(text, "and", "or")


def and_for_or(text: str) -> str:
    """Its first `or` is an `and`: both conditions are needed."""
    return _set(text, "or", "and")


def _set(text: str, operator: str, instead: str) -> str:
    return first(
        text,
        lambda node: (
            join(node, operator=instead) if isinstance(node, promql.BinaryExpr) and joins(node, operator) else None
        ),
        f"it has no `{operator}`",
    )


def branch_lost(text: str) -> str:
    """What follows its first `and`, `or` or `unless` is gone."""
    return first(
        text,
        lambda node: (
            str(node.lhs) if isinstance(node, promql.BinaryExpr) and joins(node, "and", "or", "unless") else None
        ),
        "it has no `and`, `or` or `unless`",
    )


def fallback_added(text: str) -> str:
    """It ends in `or vector(0)`, which is always there, and fires."""
    return f"({tree(text)}) or vector(0)"


def absent_lost(text: str) -> str:
    """Its first `absent()` is gone: the series that is there fires, and not the one that is missing."""
    return first(
        text,
        lambda node: str(node.args[0]) if isinstance(node, promql.Call) and node.func.name == "absent" else None,
        "it has no absent()",
    )


DECISIONS = (
    threshold_times_10,
    threshold_divided_by_10,
    comparison_reversed,
    comparison_lost,
    comparison_bool,
    or_for_and,
    and_for_or,
    branch_lost,
    fallback_added,
    absent_lost,
)
