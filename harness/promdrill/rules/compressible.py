"""What compressed time cannot reach: rules that read the clock, look ahead, or are written in a PromQL we do not know.

Such a rule is named before a run starts and left as it is. Its alert is not lived through, and no run calls it green.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.rules.promql import UnreadableError, functions, parse
from promdrill.rules.rulebook import feeds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promdrill.rules.rulefile import Rule

_CLOCK = "it reads the clock ({}), which no factor can make faster"
_CALENDAR = "it reads the calendar ({}), which no factor can make faster"
_SAMPLES = "its factors ({}) weigh sample by sample, and a compressed window has other samples"
OBSTACLES: Mapping[str, str] = {
    **dict.fromkeys(("time", "timestamp"), _CLOCK),
    **dict.fromkeys(
        ("ts_of_min_over_time", "ts_of_max_over_time", "ts_of_last_over_time", "ts_of_first_over_time"), _CLOCK
    ),
    **dict.fromkeys(("minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month"), _CALENDAR),
    **dict.fromkeys(("month", "year"), _CALENDAR),
    "predict_linear": "it looks ahead by literal seconds ({}), which are not divided",
    **dict.fromkeys(("holt_winters", "double_exponential_smoothing"), _SAMPLES),
}
UNKNOWN = "promtool accepts it, but promql-parser cannot parse it ({})"
# A window that is shorter by a factor holds so much less of what these count: allowed, and told where an alert stays
# silent (docs/contract.md).
COUNTING = frozenset({"increase", "changes", "resets", "delta", "count_over_time", "sum_over_time"})


def obstacle(text: str) -> str | None:
    """Return why an expression cannot be compressed, or None where it can."""
    try:
        parse(text)
    except UnreadableError as error:
        return UNKNOWN.format(error)
    return next((OBSTACLES[name].format(f"{name}()") for name in functions(text) if name in OBSTACLES), None)


def counting_functions(text: str) -> tuple[str, ...]:
    """Return the functions of an expression that count within its windows, in its order."""
    return tuple(dict.fromkeys(name for name in functions(text) if name in COUNTING))


def incompressible(rules: Iterable[Rule]) -> dict[str, str]:
    """Return why rules cannot be compressed, by name: for what they say themselves, or for what they read."""
    rules = tuple(rules)
    found = {rule.name: reason for rule in rules if (reason := obstacle(rule.expr))}
    while more := {
        rule.name: f"it reads {source.name}, and of that: {found[source.name]}"
        for rule in rules
        if rule.name not in found
        for source in rules
        if source.name in found and feeds(source, rule.expr)
    }:
        found |= more
    return found
