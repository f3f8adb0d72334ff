"""PromQL as promql-parser reads it: is it well formed, and what does it give."""

from __future__ import annotations

import datetime as dt
import re

import promql_parser

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
# Expressions that Prometheus takes in an instant query, and that have no one value for each series.
VALUELESS = (promql_parser.MatrixSelector, promql_parser.SubqueryExpr, promql_parser.StringLiteral)


def parsed(expression: str) -> promql_parser.Expr:
    """Return the tree of an expression.

    Raises:
        ValueError: promql-parser does not know it; a newer Prometheus may.
    """
    try:
        return promql_parser.parse(expression)
    except ValueError as error:
        raise ValueError(" ".join(str(error).split())) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # which promql-parser (0.11) raises at `offset inf`
            raise
        raise ValueError("a duration in it is out of range") from None


def syntax_error(expression: str) -> str | None:
    """Return what is wrong with an expression, or None where it parses and gives a value for each series."""
    try:
        parsed(expression)
    except ValueError as error:
        return str(error)
    return value_error(expression)


def value_error(expression: str) -> str | None:
    """Return why an expression has no value for each series, or None; None too where promql-parser does not know it."""
    try:
        valueless = isinstance(unwrapped(parsed(expression)), VALUELESS)
    except ValueError:
        return None
    return "it gives ranges or a text, where one value for each series is needed" if valueless else None


def comparison_error(expression: str) -> str | None:
    """Return why an expression that parses is no comparison that an invariant can be, or None."""
    comparison = unwrapped(promql_parser.parse(expression))
    if not isinstance(comparison, promql_parser.BinaryExpr) or str(comparison.op) not in COMPARISONS:
        return f"at the top it is no comparison ({', '.join(sorted(COMPARISONS))})"
    if comparison.modifier and comparison.modifier.return_bool:
        return "with bool a comparison gives 0 where it is broken, and drops nothing"
    if any(duration.microseconds for duration in durations(comparison)):
        # Its left side is asked for as promql-parser (0.11) writes it, which leaves milliseconds out.
        return "its durations must be whole seconds"
    return None


def unwrapped(parsed: promql_parser.Expr) -> promql_parser.Expr:
    """Return an expression without the parentheses around it."""
    while isinstance(parsed, promql_parser.ParenExpr):
        parsed = parsed.expr
    return parsed


def durations(parsed: promql_parser.Expr) -> tuple[dt.timedelta, ...]:
    """Return every range, step and offset of an expression."""
    found: list[dt.timedelta] = []

    def note(node: promql_parser.Expr) -> bool:
        values = (getattr(node, name, None) for name in ("range", "step", "offset"))
        found.extend(value for value in values if isinstance(value, dt.timedelta))
        return True

    promql_parser.walk(parsed, note)
    return tuple(found)


def squeezed(expression: str) -> str:
    """Return an expression without its white space and comments."""
    return re.sub(r"\s+", "", re.sub(r"#[^\n]*", "", expression))
