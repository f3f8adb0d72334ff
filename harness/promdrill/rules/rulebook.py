"""Which rule feeds which, and the rules of several files: every alert with its place, and what it depends on."""

from __future__ import annotations

import collections
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from promdrill.errors import UsageError
from promdrill.rules import promql
from promdrill.rules.rulefile import Placed, read_valid_rules, rule_data

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence
    from pathlib import Path

    from promdrill.rules.rulefile import Rule

# What Prometheus writes about an alert while it is active.
ABOUT_ALERTS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
ANYTHING = "{}"


def feeds(source: Rule, text: str) -> bool:
    """Tell whether an expression selects what a rule writes: a recorded series, or what is told of an alert."""
    if source.record:
        written = [{**source.labels, "__name__": source.record}]
    else:
        written = [{"__name__": name, "alertname": source.name} for name in ABOUT_ALERTS]
    return any(
        promql.admits(group, labels) for groups in promql.alternatives(text) for group in groups for labels in written
    )


def feeding(rules: Sequence[Rule], readers: Iterable[Rule]) -> list[int]:
    """Return the places of the recording rules that some rules read, and of those that these read, in order."""
    found: set[int] = set()
    texts = [rule.expr for rule in readers]
    while fresh := {
        place
        for place, rule in enumerate(rules)
        if rule.record and place not in found and any(feeds(rule, text) for text in texts)
    }:
        found |= fresh
        texts = [rules[place].expr for place in fresh]
    return sorted(found)


def memory(rule: Rule, rules: Iterable[Rule], own: Callable[[Rule], float]) -> float:
    """Return how many seconds back a rule depends on samples through all that it reads: the longest chain of rules.

    `own` is how far one rule looks back by itself.
    """
    rest = [one for one in rules if one is not rule]
    return own(rule) + max((memory(one, rest, own) for one in rest if feeds(one, rule.expr)), default=0.0)


def reads(text: str) -> set[str]:
    """Return the metrics that an expression reads, ANYTHING among them where that cannot be told."""
    try:
        return {promql.metric(one) or ANYTHING for one in promql.selectors(promql.parse(text))}
    except promql.UnreadableError:
        return {ANYTHING}


@dataclass(frozen=True)
class Rulebook:
    """The rules of several files, in their order."""

    rules: tuple[Placed, ...]
    paths: tuple[Path, ...] = ()
    recorded: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)

    @property
    def alerts(self) -> tuple[Placed, ...]:
        """The alerting rules."""
        return tuple(one for one in self.rules if one.rule.alert)

    def feeding(self, rule: Rule) -> tuple[Rule, ...]:
        """Return the recording rules that a rule reads, and those that these read, in the order of the files."""
        rules = [one.rule for one in self.rules]
        return tuple(rules[place] for place in feeding(rules, [rule]))

    def order(self, rule: Rule, files: Container[str] | None = None) -> list[tuple[str, str]]:
        """Return file and name of each group, of some files if they are given, so that what a rule reads comes first.

        Prometheus evaluates groups side by side; promtool does it in the order that it is told.
        """
        groups: dict[tuple[str, str], None] = {}

        def add(one: Rule, above: frozenset[tuple[str, str]]) -> None:
            for below in self.feeding(one):
                if (below.file, below.group) not in above | {(one.file, one.group)} | groups.keys():
                    add(below, above | {(one.file, one.group)})
            groups[one.file, one.group] = None

        add(rule, frozenset())
        own = {(one.rule.file, one.rule.group): None for one in self.rules if files is None or one.rule.file in files}
        return [group for group in groups | own if group in own]

    def memory(self, rule: Rule, *, offsets: bool = True) -> float:
        """Return how many seconds back a rule depends on samples, through all that it reads, without the lookback."""
        recording = [one.rule for one in self.rules if one.rule.record]
        return memory(rule, recording, lambda one: promql.memory(promql.parse(one.expr), offsets=offsets))

    def file_for(self, rule: Rule, *, alerting: bool = True) -> dict[str, Any]:
        """Return a rule file's data with what a rule depends on and, if it is to be evaluated, the rule itself."""
        kept = {id(one) for one in (*self.feeding(rule), *((rule,) if alerting else ()))}
        groups: dict[str, list[dict[str, Any]]] = {}
        for place in self.order(rule):
            rules = [
                one.rule for one in self.rules if (one.rule.file, one.rule.group) == place and id(one.rule) in kept
            ]
            if rules:
                name = place[1] if place[1] not in groups else f"{place[1]} {len(groups) + 1}"
                groups[name] = [rule_data(one) for one in rules]
        return {"groups": [{"name": name, "rules": rules} for name, rules in groups.items()]}


def read_rulebook(paths: Iterable[Path]) -> Rulebook:
    """Return the rules of files that promtool has taken.

    Raises:
        UsageError: there is not one alert in them.
    """
    paths = tuple(paths)
    seen: collections.Counter[tuple[str, str]] = collections.Counter()
    rules = []
    for placed in (one for path in paths for one in read_valid_rules(path)):
        kind = ("alert" if placed.rule.alert else "record", placed.rule.name)
        rules.append(replace(placed, nth=seen[kind]))
        seen[kind] += 1
    if not any(placed.rule.alert for placed in rules):
        raise UsageError(f"no alert was found in {', '.join(str(path) for path in paths)}")
    recorded: dict[str, tuple[Rule, ...]] = {}
    for placed in rules:
        if placed.rule.record:
            recorded[placed.rule.record] = (*recorded.get(placed.rule.record, ()), placed.rule)
    return Rulebook(tuple(rules), paths, recorded)
