"""What operators and functions make of numbers."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING

from promdrill.virtual.motion import Line

if TYPE_CHECKING:
    from collections.abc import Callable

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
