"""Rule files as promtool took them: every alert with its place, and what it depends on."""

from __future__ import annotations

import collections
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from promdrill.contract.durations import seconds
from promdrill.contract.rules import Rule
from promdrill.contract.yamlfile import read_yaml
from promdrill.errors import UsageError
from promdrill.virtual import tree
from promdrill.virtual.reach import OutOfReachError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from pathlib import Path

ANYTHING = "{}"
CARRIED = ("alert", "record", "expr", "for", "keep_firing_for")


@dataclass(frozen=True)
class Placed:
    """One rule, the line where it stands, and which of its name it is: two severities may share an alert's name."""

    rule: Rule
    line: int
    nth: int = 0

    @property
    def key(self) -> tuple[str, int]:
        """What tells an alert apart from the others."""
        return self.rule.name, self.nth


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
        wanted: set[str] = set()
        names = reads(rule)
        while fresh := names - wanted:
            wanted |= fresh
            names = {name for one in fresh for rule in self.recorded.get(one, ()) for name in reads(rule)}
        return tuple(one.rule for one in self.rules if one.rule.record in wanted)

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

    def memory(self, rule: Rule, *, offsets: bool = True, seen: frozenset[str] = frozenset()) -> float:
        """Return how many seconds back a rule depends on samples, through all that it reads."""
        node = tree.parse(rule.expr)
        names = {tree.metric(one) for one in tree.selectors(node)} - seen
        feeding = [one for name in names for one in self.recorded.get(name, ())]
        below = (self.memory(one, offsets=offsets, seen=seen | names) for one in feeding)
        return tree.memory(node, offsets=offsets) + max(below, default=0.0)


def reads(rule: Rule) -> set[str]:
    """Return the metrics that a rule reads, ANYTHING among them where that cannot be told."""
    try:
        return {tree.metric(one) or ANYTHING for one in tree.selectors(tree.parse(rule.expr))}
    except OutOfReachError:
        return {ANYTHING}


def read_rulebook(paths: Iterable[Path]) -> Rulebook:
    """Return the rules of files that promtool has taken.

    Raises:
        UsageError: there is not one alert in them.
    """
    paths = tuple(paths)
    seen: collections.Counter[tuple[str, str]] = collections.Counter()
    rules = []
    for path in paths:
        for rule, line in _rules(path):
            kind = ("alert" if rule.alert else "record", rule.name)
            rules.append(Placed(rule, line, seen[kind]))
            seen[kind] += 1
    if not any(placed.rule.alert for placed in rules):
        raise UsageError(f"no alert stands in {', '.join(str(path) for path in paths)}")
    recorded: dict[str, tuple[Rule, ...]] = {}
    for placed in rules:
        if placed.rule.record:
            recorded[placed.rule.record] = (*recorded.get(placed.rule.record, ()), placed.rule)
    return Rulebook(tuple(rules), paths, recorded)


def _rules(path: Path) -> Iterator[tuple[Rule, int]]:
    # Everything is text to it, as it is to Prometheus; the lines come from our own reader.
    data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - it makes nothing but text
    lines = read_yaml(path, str(path))
    for index, group in enumerate((data or {}).get("groups") or ()):
        shared: dict[str, Any] = {"file": str(path), "group": group["name"], "interval": group.get("interval") or None}
        for position, written in enumerate(group.get("rules") or ()):
            given = {key: written[key] for key in CARRIED if written.get(key)}
            labels = {**(group.get("labels") or {}), **(written.get("labels") or {})}
            texts = {"labels": labels, "annotations": written.get("annotations") or {}}
            rule = Rule.model_validate({**given, **texts, **shared})
            yield rule, lines.line(("groups", index, "rules", position))


def as_data(rule: Rule) -> dict[str, Any]:
    """Return a rule as a rule file holds it."""
    names = {"alert": rule.alert, "record": rule.record, "expr": rule.expr}
    times = {"for": rule.for_ if seconds(rule.for_) else None, "keep_firing_for": rule.keep_firing_for}
    texts = {"labels": rule.labels, "annotations": rule.annotations}
    return {key: value for key, value in {**names, **times, **texts}.items() if value}


def reduced(alert: Rule | None, book: Rulebook, of: Rule) -> dict[str, Any]:
    """Return a rule file's data with what an alert depends on and, if it is given, the alert itself."""
    kept = {id(rule) for rule in (*book.feeding(of), *((alert,) if alert else ()))}
    groups: dict[str, list[dict[str, Any]]] = {}
    for place in book.order(of):
        rules = [one.rule for one in book.rules if (one.rule.file, one.rule.group) == place and id(one.rule) in kept]
        if rules:
            name = place[1] if place[1] not in groups else f"{place[1]} {len(groups) + 1}"
            groups[name] = [as_data(rule) for rule in rules]
    return {"groups": [{"name": name, "rules": rules} for name, rules in groups.items()]}
