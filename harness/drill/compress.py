"""Compressed time: rule files in which every duration is divided, so that a drill lives through their windows for real.

Rules that feed each other share one factor: an alert, the recording rules that it reads, and what these read in turn.
The factor makes the longest range of such a family last `WINDOW_SCRAPES` scrapes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import promql_parser as promql
import yaml

from harness.contract.durations import notation, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.contract.rules import Rule

# rate() over fewer scrapes than 16 is dominated by where the window's edges fall; 20 leaves room for a missed one.
WINDOW_SCRAPES = 20

# Where an expression, known to be well formed, holds durations. They are replaced in its text: promql-parser can set
# them in its tree, but writes a tree without the milliseconds (0.11). Strings and comments are passed over.
DURATIONS = re.compile(
    r"""(?P<skip>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|\#[^\n]*)
    |\[(?P<range>[^\]]*)\]
    |(?P<offset>\boffset\s+-?\s*)(?P<by>\d[0-9a-z.]*)""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True)
class Compressed:
    """Rule files in compressed time: their texts by file name, and each rule's factor by alert or record name."""

    files: Mapping[str, str]
    factors: Mapping[str, float]


def expression(text: str, factor: float) -> str:
    """Return an expression with every range, subquery step and offset divided by `factor`; `@` is left alone."""

    def divided(token: re.Match[str]) -> str:
        if token["skip"]:
            return token[0]
        if token["by"]:
            return f"{token['offset']}{notation(seconds(token['by']) / factor)}"
        parts = (notation(seconds(part.strip()) / factor) if part.strip() else "" for part in token["range"].split(":"))
        return f"[{':'.join(parts)}]"

    return text if factor == 1 else DURATIONS.sub(divided, text)


def windows(text: str) -> tuple[float, ...]:
    """Return the ranges of an expression in seconds: range selectors and subqueries."""
    found: list[float] = []

    def note(node: promql.Expr) -> bool:
        value = getattr(node, "range", None)
        if isinstance(value, dt.timedelta):
            found.append(value.total_seconds())
        return True

    promql.walk(promql.parse(text), note)
    return tuple(found)


def reads(text: str) -> frozenset[str]:
    """Return the names of the metrics that an expression selects."""
    found: set[str] = set()

    def note(node: promql.Expr) -> bool:
        if isinstance(node, promql.VectorSelector) and node.name:
            found.add(node.name)
        return True

    promql.walk(promql.parse(text), note)
    return frozenset(found)


def compress(rules: Iterable[Rule], scrape_interval: float) -> Compressed:
    """Return the rule files of a drill: each family of rules compressed by a factor of its own."""
    rules = tuple(rules)
    factors = {
        rule.name: factor
        for family in _families(rules)
        for factor in [_factor(family, scrape_interval)]
        for rule in family
    }
    groups: dict[str, dict[str, list[Rule]]] = defaultdict(lambda: defaultdict(list))
    for rule in rules:
        groups[rule.file][rule.group].append(rule)
    files = {
        file: yaml.safe_dump(
            {"groups": [_group(name, members, factors) for name, members in by_name.items()]},
            sort_keys=False,
            width=1000,
        )
        for file, by_name in groups.items()
    }
    return Compressed(files, factors)


def longest_change(rule: Rule, rules: Iterable[Rule]) -> float:
    """Return how long, in uncompressed seconds, a change can last before an alert must have followed it.

    That is its windows, on top of those of the recording rules that it reads, and `for` or `keep_firing_for`.
    """
    held = max(seconds(rule.for_), seconds(rule.keep_firing_for or 0))
    return _memory(rule, tuple(rules)) + held


def _memory(rule: Rule, rules: tuple[Rule, ...]) -> float:
    """Return how far back a rule's value depends on samples, through all that it reads."""
    feeding = [one for one in rules if one.record and one is not rule and one.record in reads(rule.expr)]
    rest = tuple(one for one in rules if one is not rule)
    return _window((rule,)) + max((_memory(one, rest) for one in feeding), default=0.0)


def _factor(family: tuple[Rule, ...], scrape_interval: float) -> float:
    longest = _window(family) or max(seconds(rule.for_) for rule in family)
    return max(1.0, longest / (WINDOW_SCRAPES * scrape_interval))


def _window(rules: tuple[Rule, ...]) -> float:
    return max((window for rule in rules for window in windows(rule.expr)), default=0.0)


def _families(rules: tuple[Rule, ...]) -> list[tuple[Rule, ...]]:
    families: list[set[int]] = []
    for index, rule in enumerate(rules):
        linked = {index} | {
            other
            for other, feeding in enumerate(rules)
            if (feeding.record and feeding.record in reads(rule.expr))
            or (rule.record and rule.record == feeding.record)
        }
        for family in [family for family in families if family & linked]:
            linked |= family
            families.remove(family)
        families.append(linked)
    return [tuple(rules[index] for index in sorted(family)) for family in families]


def _group(name: str, rules: list[Rule], factors: Mapping[str, float]) -> dict[str, object]:
    group: dict[str, object] = {"name": name}
    if rules[0].interval:
        group["interval"] = notation(seconds(rules[0].interval) / min(factors[rule.name] for rule in rules))
    if rules[0].limit:
        group["limit"] = rules[0].limit
    group["rules"] = [_rule(rule, factors[rule.name]) for rule in rules]
    return group


def _rule(rule: Rule, factor: float) -> dict[str, object]:
    written: dict[str, object] = {"alert": rule.alert} if rule.alert else {"record": rule.record}
    written["expr"] = expression(rule.expr, factor)
    if rule.alert:
        written["for"] = notation(seconds(rule.for_) / factor)
    if rule.keep_firing_for:
        written["keep_firing_for"] = notation(seconds(rule.keep_firing_for) / factor)
    for key, value in (("labels", rule.labels), ("annotations", rule.annotations)):
        if value:
            written[key] = dict(value)
    return written
