"""PromQL as promql-parser reads it: is it well formed, and what does it select."""

from __future__ import annotations

import re

import promql_parser


def syntax_error(expression: str) -> str | None:
    """Return what is wrong with an expression, or None where it parses."""
    try:
        promql_parser.parse(expression)
    except ValueError as error:
        return " ".join(str(error).split())
    return None


def same(one: str, other: str) -> bool:
    """Tell whether two expressions are the same text, white space and comments aside."""
    return squeezed(one) == squeezed(other)


def squeezed(expression: str) -> str:
    """Return an expression without its white space and comments."""
    return re.sub(r"\s+", "", re.sub(r"#[^\n]*", "", expression))
