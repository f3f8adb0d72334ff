"""An expression changed in one place: its tree walked, one node written anew, and the whole written out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

import promql_parser as promql

from promdrill.rules.promql import COMPARISONS, UnreadableError, durations, is_scalar, nodes, parse, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable

    # Returns what is to stand in a node's place, or None where it is to stay.
    Rewrite = Callable[[promql.Expr], str | None]


class InapplicableError(Exception):
    """A mutant changes nothing of an alert, or nothing that a drill could show; the text says why."""


def tree(text: str) -> promql.Expr:
    """Return the tree of an expression that can be written out again as it was.

    Raises:
        InapplicableError: promql-parser does not know it, or writes it another way (0.11 escapes nothing, and leaves
            milliseconds and open steps of subqueries out).
    """
    try:
        root = parse(text)
    except UnreadableError as error:
        raise InapplicableError(f"promql-parser does not know its PromQL: {error}") from None
    if "\\" in text or any(duration.microseconds for duration in durations(root)) or not _has_same_text(root):
        raise InapplicableError("promql-parser cannot write its expression")
    return root


def _has_same_text(root: promql.Expr) -> bool:
    try:
        return _shape(parse(str(root))) == _shape(root)
    except UnreadableError:
        return False


def _shape(root: promql.Expr) -> list[str]:
    return [f"{type(node).__name__} {node}" for node in nodes(root)]


def first(text: str, rewrite: Rewrite, lacking: str) -> str:
    """Return an expression with the first node rewritten that can be; `lacking` says what it has none of."""
    done = False

    def visit(node: promql.Expr) -> promql.Expr | None:
        nonlocal done
        written = None if done else rewrite(node)
        if written is None:
            return None
        done = True
        # What binds less than what stood there must not fall apart.
        return parse(f"({written})" if isinstance(node, promql.BinaryExpr) else written)

    changed = promql.transform(tree(text), pre_visit=visit)
    if not done:
        raise InapplicableError(lacking)
    return str(unwrap(changed))


def every(text: str, rewrite: Rewrite, lacking: str) -> str:
    """Return an expression with every node rewritten that can be; `lacking` says what it has none of."""
    done = False

    def visit(node: promql.Expr) -> promql.Expr | None:
        nonlocal done
        written = rewrite(node)
        done |= written is not None
        return None if written is None else parse(written)

    changed = promql.transform(tree(text), post_visit=visit)
    if not done:
        raise InapplicableError(lacking)
    return str(changed)


def join(node: promql.BinaryExpr, *, left: object = None, operator: str = "", right: object = None) -> str:
    """Return a binary expression as text, with another side or another operator."""
    sides = (node.lhs if left is None else left, node.rhs if right is None else right)
    return f"{sides[0]} {operator or node.op} {node.modifier or ''} {sides[1]}"


def compares_with_number(node: promql.Expr) -> TypeGuard[promql.BinaryExpr]:
    """Tell whether a node is a threshold: a comparison with a literal number on one of its sides."""
    return (
        isinstance(node, promql.BinaryExpr)
        and str(node.op) in COMPARISONS
        and any(isinstance(side, promql.NumberLiteral) for side in (node.lhs, node.rhs))
    )


def threshold(text: str) -> promql.BinaryExpr:
    """Return the first threshold of an expression."""
    found = (node for node in nodes(tree(text)) if compares_with_number(node))
    if (first_one := next(found, None)) is None:
        raise InapplicableError("its expression compares with no number")
    return first_one


def is_zero(node: promql.BinaryExpr) -> bool:
    """Tell whether a threshold is zero."""
    return any(isinstance(side, promql.NumberLiteral) and side.val == 0 for side in (node.lhs, node.rhs))


def joins(node: promql.Expr, *operators: str) -> bool:
    """Tell whether a node joins series with series, by one of these operators where any are given."""
    return (
        isinstance(node, promql.BinaryExpr)
        and not is_scalar(node.lhs)
        and not is_scalar(node.rhs)
        and (not operators or str(node.op) in operators)
    )
