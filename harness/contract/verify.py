"""What a contract, its drill, its rules and its users must hold together: names that exist, rules that match."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from harness import conventions
from harness.contract import promql
from harness.contract.durations import seconds
from harness.contract.references import verify_references
from harness.contract.staging import verify_staging

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.contract.drill import Drill
    from harness.contract.records import Alert, Contract, Selection
    from harness.contract.rules import Rule
    from harness.contract.yamlfile import Key, YamlFile


def verify(
    contract: Contract,
    contract_file: YamlFile,
    drill: Drill,
    drill_file: YamlFile,
    rules: tuple[Rule, ...],
) -> None:
    """Note in the files' problems whatever does not fit together."""
    verify_references(contract, contract_file)
    serving = {"tts" if name in {"elevenlabs", "piper", "gtts"} else name for name in drill.fakes.serve}
    for name, metric in contract.metrics.items():
        _witness(name, metric.witness, set(metric.labels), contract_file, serving)
    _alerts(contract, contract_file, rules)
    verify_staging(contract, contract_file, drill, drill_file)


def _witness(name: str, selection: Selection, labels: set[str], file: YamlFile, serving: set[str]) -> None:
    path = ("metrics", name, "witness")
    if selection.ledger not in conventions.LEDGERS:
        known = ", ".join(conventions.LEDGERS)
        file.problem(path, f"{name}: there is no ledger {selection.ledger!r}", f"ledgers: {known}")
    elif selection.ledger != conventions.CLIENT_LEDGER and selection.ledger not in serving:
        file.problem(
            path, f"{name}: its witness {selection.ledger} is not served", "add the fake to fakes.serve in drill.yml"
        )
    if set(selection.by) != labels:
        file.problem(
            path,
            f"{name}: the witness gives the labels {sorted(selection.by)}, the metric has {sorted(labels)}",
            "`by` maps each label of the metric to a column of the ledger",
        )
    columns = conventions.COLUMNS.get(selection.ledger, frozenset())
    for key, column in _columns(selection) if columns else ():
        if column not in columns and not column.startswith(f"{conventions.CLIENT_LEDGER}."):
            file.problem(
                (*path, *key),
                f"{name}: the ledger {selection.ledger} has no column {column}",
                f"its columns: {', '.join(sorted(columns))}; those of the client's entry are client.COLUMN",
            )


def _columns(selection: Selection) -> Iterator[tuple[Key, str]]:
    for column in selection.where:
        yield ("where", column), column
    for label, column in selection.by.items():
        yield ("by", label), column
    if selection.sum is not None:
        yield ("sum",), selection.sum
    if selection.seconds is not None:
        yield ("seconds",), selection.seconds


def _alerts(contract: Contract, file: YamlFile, rules: tuple[Rule, ...]) -> None:
    by_name = {rule.alert: rule for rule in rules if rule.alert}
    for name, alert in contract.alerts.items():
        path = ("alerts", name)
        rule = by_name.get(name)
        if rule is None:
            known = ", ".join(sorted(by_name)) or "none"
            file.problem(path, f"no rule file of this system holds the alert {name}", f"alerts found: {known}")
            continue
        for key, documented, written in _promises(alert, rule):
            if documented != written:
                what = " ".join(key)
                file.problem(
                    (*path, *key), f"{name}: documented {what} {documented!r}, but the rule file has {written!r}"
                )


def _promises(alert: Alert, rule: Rule) -> Iterator[tuple[tuple[str, ...], object, object]]:
    yield ("expr",), promql.squeezed(alert.expr), promql.squeezed(rule.expr)
    if seconds(alert.for_) != seconds(rule.for_):
        yield ("for",), alert.for_, rule.for_
    yield ("severity",), alert.severity, rule.labels.get("severity")
    for key, text in alert.annotations.items():
        yield ("annotations", key), text, rule.annotations.get(key)


def verify_users(file: YamlFile, folder: Path) -> None:
    """Note a file of users that is not there or not Python, and each class of the drill's load that it lacks."""
    path = folder / conventions.USERS_FILE
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        file.problem(("load",), f"{conventions.USERS_FILE} not found beside it", "it holds the Locust user classes")
        return
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        file.problem(("load",), f"{conventions.USERS_FILE} cannot be read: {error}")
        return
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    load = file.data.get("load") if isinstance(file.data, dict) else None
    for name in load if isinstance(load, dict) else ():
        if name not in classes:
            known = ", ".join(sorted(classes)) or "none"
            file.problem(("load", name), f"{conventions.USERS_FILE} has no class {name}", f"its classes: {known}")
