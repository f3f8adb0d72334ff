"""What an expression reads: how far back it looks, which series it selects, and which rules write them."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import promql_parser as promql

from promdrill.contract.promql import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.contract.rules import Rule

# What Prometheus writes about an alert while it is active.
ABOUT_ALERTS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})


def nodes(text: str) -> tuple[promql.Expr, ...]:
    """Return every node of an expression, its root first; none where promql-parser does not know it."""
    found: list[promql.Expr] = []
    try:
        promql.walk(parsed(text), found.append)
    except ValueError:
        return ()
    return tuple(found)


def windows(text: str) -> tuple[float, ...]:
    """Return the ranges of an expression in seconds: range selectors and subqueries."""
    ranges = (getattr(node, "range", None) for node in nodes(text))
    return tuple(value.total_seconds() for value in ranges if isinstance(value, dt.timedelta))


def selectors(text: str) -> Iterator[promql.VectorSelector]:
    """Yield the selectors of an expression."""
    return (node for node in nodes(text) if isinstance(node, promql.VectorSelector))


def reads(text: str) -> frozenset[str]:
    """Return the names of the metrics that an expression selects."""
    return frozenset(selector.name for selector in selectors(text) if selector.name)


def feeds(source: Rule, text: str) -> bool:
    """Tell whether an expression selects what a rule writes: a recorded series, or what is told of an alert."""
    if source.record:
        written = [{**source.labels, "__name__": source.record}]
    else:
        written = [{"__name__": name, "alertname": source.name} for name in ABOUT_ALERTS]
    return any(_admits(selector, labels) for selector in selectors(text) for labels in written)


def _admits(selector: promql.VectorSelector, labels: dict[str, str]) -> bool:
    if selector.name and selector.name != labels["__name__"]:
        return False
    groups = [selector.matchers.matchers, *selector.matchers.or_matchers]
    # A label that the rule does not set comes from what it reads, and can have any value.
    return any(all(_matches(one, labels[one.name]) for one in group if one.name in labels) for group in groups)


def _matches(matcher: promql.Matcher, value: str) -> bool:
    pattern = matcher.value if str(matcher.op) in {"MatchOp.Re", "MatchOp.NotRe"} else re.escape(matcher.value)
    try:
        matched = re.fullmatch(pattern, value) is not None
    except re.error:  # one that Go knows and Python does not: taken for a match, which ties rules together
        return True
    return matched is not str(matcher.op).startswith("MatchOp.Not")
