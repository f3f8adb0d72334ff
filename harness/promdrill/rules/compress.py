"""Compressed time: rule files in which every duration is divided, so that a drill lives through their windows for real.

Rules that feed each other share one factor: an alert, the rules that it reads, and what these read in turn.
The factor makes the longest range of such a family last `WINDOW_SCRAPES` scrapes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from promdrill.durations import notation, seconds
from promdrill.rules.compressible import incompressible
from promdrill.rules.promql import windows
from promdrill.rules.rulebook import feeds
from promdrill.rules.rulebook import memory as chain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promdrill.rules.rulefile import Rule

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
class CompressedRules:
    """Rule files in compressed time: their texts by file name, and each rule's factor by alert or record name.

    `uncompressed` names the rules that cannot be compressed and were left as they are, each with the reason.
    """

    files: Mapping[str, str]
    factors: Mapping[str, float]
    uncompressed: Mapping[str, str] = field(default_factory=dict)


def expression(text: str, factor: float) -> str:
    """Return an expression with every range, subquery step and offset divided by `factor`; `@` is left alone."""

    def divide(token: re.Match[str]) -> str:
        if token["skip"]:
            return token[0]
        if token["by"]:
            return f"{token['offset']}{notation(seconds(token['by']) / factor)}"
        parts = (notation(seconds(part.strip()) / factor) if part.strip() else "" for part in token["range"].split(":"))
        return f"[{':'.join(parts)}]"

    return text if factor == 1 else DURATIONS.sub(divide, text)


def compress(rules: Iterable[Rule], scrape_interval: float) -> CompressedRules:
    """Return the rule files of a drill: each family of rules compressed by a factor of its own.

    Rules that cannot be compressed (harness/promdrill/rules/compressible.py) keep the factor 1.
    """
    rules = tuple(rules)
    left = incompressible(rules)
    factors = dict.fromkeys(left, 1.0)
    for family in _families(tuple(rule for rule in rules if rule.name not in left)):
        factors |= dict.fromkeys((rule.name for rule in family), _factor(family, scrape_interval))
    return CompressedRules(rule_files(rules, factors), factors, left)


def rule_files(rules: Iterable[Rule], factors: Mapping[str, float]) -> dict[str, str]:
    """Return the texts of rule files by name, each rule compressed by its factor."""
    groups: dict[str, dict[str, list[Rule]]] = defaultdict(lambda: defaultdict(list))
    for rule in rules:
        groups[rule.file][rule.group].append(rule)
    return {
        file: yaml.safe_dump(
            {"groups": [group for name, rules in by_name.items() for group in _groups(name, rules, factors)]},
            sort_keys=False,
            width=1000,
        )
        for file, by_name in groups.items()
    }


def longest_change(rule: Rule, rules: Iterable[Rule]) -> float:
    """Return how long, in uncompressed seconds, a change can last before an alert must have followed it.

    That is its windows and the interval of its group, on top of those of the rules that it reads, and `for` or
    `keep_firing_for`.
    """
    held = max(seconds(rule.for_), seconds(rule.keep_firing_for or 0))
    # What is held is seen to be over at the next evaluation.
    return memory(rule, rules) + held + (seconds(rule.interval or 0) if held else 0)


def memory(rule: Rule, rules: Iterable[Rule]) -> float:
    """Return how far back a rule's value depends on samples, through all that it reads, with its groups' intervals."""
    return chain(rule, rules, lambda one: _window((one,)) + seconds(one.interval or 0))


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
            if feeds(feeding, rule.expr) or (rule.record and rule.record == feeding.record)
        }
        for family in [family for family in families if family & linked]:
            linked |= family
            families.remove(family)
        families.append(linked)
    return [tuple(rules[index] for index in sorted(family)) for family in families]


def _groups(name: str, rules: list[Rule], factors: Mapping[str, float]) -> Iterator[dict[str, object]]:
    """Yield a group as Prometheus is to have it, or, where an interval is to be divided by several factors, its parts.

    Rules that feed each other have one factor, so they stay together and in order. A limit is for each rule by itself.
    """
    parts: dict[float, list[Rule]] = defaultdict(list)
    for rule in rules:
        parts[factors[rule.name] if rule.interval else 1.0].append(rule)
    for factor, members in parts.items():
        group: dict[str, object] = {"name": name if len(parts) == 1 else f"{name} (factor {factor:g})"}
        if members[0].interval:
            group["interval"] = notation(seconds(members[0].interval) / factor)
        if members[0].limit:
            group["limit"] = members[0].limit
        yield group | {"rules": [_rule(rule, factors[rule.name]) for rule in members]}


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
