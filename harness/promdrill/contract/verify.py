"""What a contract, its drill, its rules and its users must hold together: names that exist, rules that match."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from promdrill import conventions
from promdrill.contract.drill_checks import verify_drill
from promdrill.contract.metric_checks import verify_metrics
from promdrill.contract.reference_checks import verify_references
from promdrill.contract.witness import Bounds, Selection
from promdrill.durations import seconds
from promdrill.rules import promql
from promdrill_fakes import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from promdrill.contract.drill import Drill
    from promdrill.contract.metrics import AnyMetric
    from promdrill.contract.records import Alert, Contract
    from promdrill.rules.rulefile import Rule
    from promdrill.yamlfile import Key, YamlFile


def verify(
    contract: Contract,
    contract_file: YamlFile,
    drill: Drill,
    drill_file: YamlFile,
    rules: tuple[Rule, ...],
) -> None:
    """Note in the files' problems whatever does not fit together."""
    verify_references(contract, contract_file)
    verify_metrics(contract, contract_file, rules)
    serving = {catalogue.fakes()[name].service.name for name in drill.fakes.serve}
    for name, metric in contract.metrics.items():
        for path, selection in _selections(metric, ("metrics", name, "witness")):
            _witness(name, selection, path, contract_file, serving)
            _labels(name, selection, metric.labels, path, contract_file)
    for index, otel in enumerate(contract.otel):
        _witness(otel.metric, otel.witness, ("otel", index, "witness"), contract_file, serving)
    _alerts(contract, contract_file, rules)
    verify_drill(contract, contract_file, drill, drill_file)


def _selections(metric: AnyMetric, path: Key) -> Iterator[tuple[Key, Selection]]:
    match metric.witness:
        case Bounds(at_least=below, at_most=above):
            yield (*path, "at_least"), below
            yield (*path, "at_most"), above
        case Selection() as selection:
            yield path, selection


def _witness(name: str, selection: Selection, path: Key, file: YamlFile, serving: set[str]) -> None:
    for ledger in filter(None, (selection.ledger, selection.around)):
        if ledger not in (*catalogue.services(), conventions.CLIENT_LEDGER):
            known = ", ".join((*catalogue.services(), conventions.CLIENT_LEDGER))
            file.problem(path, f"{name}: there is no ledger {ledger!r}", f"ledgers: {known}")
        elif ledger != conventions.CLIENT_LEDGER and ledger not in serving:
            file.problem(
                path, f"{name}: its witness {ledger} is not served", "add the fake to fakes.serve in drill.yml"
            )
    columns = catalogue.columns(selection.ledger) if selection.ledger in catalogue.services() else frozenset()
    for key, column in _columns(selection) if columns else ():
        if column not in columns and not column.startswith(f"{conventions.CLIENT_LEDGER}."):
            file.problem(
                (*path, *key),
                f"{name}: the ledger {selection.ledger} has no column {column}",
                f"its columns: {', '.join(sorted(columns))}; those of the client's entry are client.COLUMN",
            )
    if selection.less:
        _witness(name, selection.less, (*path, "less"), file, serving)


def _labels(name: str, selection: Selection, labels: Iterable[str], path: Key, file: YamlFile) -> None:
    given = sorted({*selection.by, *selection.fixed})
    if given != sorted(labels):
        file.problem(
            path,
            f"{name}: the witness gives the labels {given}, the metric has {sorted(labels)}",
            "`by` maps each label of the metric to a column of the ledger",
        )
    if selection.less:
        _labels(name, selection.less, labels, (*path, "less"), file)


def _columns(selection: Selection) -> Iterator[tuple[Key, str]]:
    for column in selection.where:
        yield ("where", column), column
    for label, column in selection.by.items():
        yield ("by", label), column
    for column in selection.sum_columns:
        yield ("sum",), column
    for key in ("seconds", "since", "until", "distinct"):
        if named := getattr(selection, key, None):
            yield (key,), named


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
    yield ("expr",), promql.squeeze(alert.expr), promql.squeeze(rule.expr)
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
