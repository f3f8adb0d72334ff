"""Prometheus rule files as records, each rule with its line.

A drill's own files are read strictly: what a drill cannot carry over is a problem. Files that promtool has taken are
read as Prometheus reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from promdrill.durations import Duration, seconds
from promdrill.rules.promql import value_error
from promdrill.yamlfile import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promdrill.yamlfile import Key, YamlFile

# What a drill's rule files can carry over: of a group, and of a recording rule.
GROUP_KEYS = ("name", "interval", "limit", "rules")
RECORDING_KEYS = frozenset({"record", "expr", "labels"})
# What promtool takes in a rule, beside labels and annotations.
RULE_KEYS = ("alert", "record", "expr", "for", "keep_firing_for")


class Rule(BaseModel):
    """One recording or alerting rule, in its group of its file. Durations are text, as the file has them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    group: str
    interval: Duration | None = None
    limit: int | None = None
    alert: str | None = None
    record: str | None = None
    expr: str
    for_: Duration = Field(default="0s", alias="for")
    keep_firing_for: Duration | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}

    @property
    def name(self) -> str:
        """The alert's name, or that of the recorded series."""
        return self.alert or self.record or ""


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


def read_rules(name: str, file: YamlFile) -> Iterator[Placed]:
    """Yield the rules of a drill's file; what is wrong in it is noted in the file's problems."""
    groups = file.data.get("groups") if isinstance(file.data, dict) else None
    if not isinstance(groups, list):
        if not file.problems:
            file.problem((), "a rule file holds a list named groups")
        return
    names: set[str] = set()
    for index, group in enumerate(groups):
        path = ("groups", index)
        rules = group.get("rules") if isinstance(group, dict) else None
        if not isinstance(rules, list) or not group.get("name") or not isinstance(group["name"], str):
            file.problem(path, "a group holds a name and a list named rules")
            continue
        if group["name"] in names:
            file.problem((*path, "name"), f"duplicate group {group['name']}")
        names.add(group["name"])
        for key in (key for key in group if key not in GROUP_KEYS):
            file.problem(
                (*path, key), f"group key {key} is not supported yet", f"supported are {', '.join(GROUP_KEYS)}"
            )
        for position, data in enumerate(rules):
            yield from _rule(name, group, data, (*path, "rules", position), file)


def _rule(name: str, group: dict[str, Any], data: object, path: Key, file: YamlFile) -> Iterator[Placed]:
    if not isinstance(data, dict):
        file.problem(path, "a rule is a mapping with alert or record, and expr")
        return
    shared = {"file": name, "group": group["name"], "interval": group.get("interval"), "limit": group.get("limit")}
    if misplaced := [key for key in data if key in shared]:
        for key in misplaced:
            file.problem((*path, key), f"unknown key {key} in a rule")
        return
    try:
        rule = Rule.model_validate({**data, **shared})
    except ValidationError as error:
        file.refuse(error, path)
        return
    if bool(rule.alert) == bool(rule.record):
        file.problem(path, "a rule has either alert or record")
    elif rule.record:
        for key in (key for key in data if key not in RECORDING_KEYS):
            file.problem((*path, key), f"{rule.record}: a recording rule has no {key}", "only an alert has")
    # Whether it is PromQL is for promtool to say (harness/promdrill/stack/verify.py): promql-parser knows that of 2.45.
    if error_text := value_error(rule.expr):
        file.problem((*path, "expr"), f"bad PromQL in {rule.name}: {error_text}")
    yield Placed(rule, file.line(path))


def read_valid_rules(path: Path) -> Iterator[Placed]:
    """Yield the rules of a file that promtool has taken. Everything in it is text, as it is to Prometheus."""
    file = read_yaml(path, str(path), text=True)
    for index, group in enumerate((file.data or {}).get("groups") or ()):
        shared = {"file": str(path), "group": group["name"], "interval": group.get("interval") or None}
        for position, data in enumerate(group.get("rules") or ()):
            texts = {
                "labels": {**(group.get("labels") or {}), **(data.get("labels") or {})},
                "annotations": data.get("annotations") or {},
            }
            given = {key: data[key] for key in RULE_KEYS if data.get(key)}
            rule = Rule.model_validate({**given, **texts, **shared})
            yield Placed(rule, file.line(("groups", index, "rules", position)))


def rule_data(rule: Rule) -> dict[str, Any]:
    """Return a rule as a rule file holds it."""
    names = {"alert": rule.alert, "record": rule.record, "expr": rule.expr}
    times = {"for": rule.for_ if seconds(rule.for_) else None, "keep_firing_for": rule.keep_firing_for}
    texts = {"labels": rule.labels, "annotations": rule.annotations}
    return {key: value for key, value in {**names, **times, **texts}.items() if value}
