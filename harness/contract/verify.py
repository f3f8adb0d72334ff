"""What a contract and a drill of the right shape must hold together: names that exist, rules that match."""

from __future__ import annotations

import ast
import string
from typing import TYPE_CHECKING

from harness import conventions
from harness.contract import promql
from harness.contract.durations import seconds
from harness.contract.records import Value

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
    if not any((contract.endpoints, contract.metrics, contract.queries, contract.alerts)):
        contract_file.problem((), "the contract promises nothing: there is nothing to check")
    _witnesses(contract, contract_file, drill)
    _alerts(contract, contract_file, drill, rules)
    _phases(contract, drill, drill_file)
    _app(drill, drill_file)


def _witnesses(contract: Contract, file: YamlFile, drill: Drill) -> None:
    serving = {"tts" if name in {"elevenlabs", "piper", "gtts"} else name for name in drill.fakes.serve}
    for name, metric in contract.metrics.items():
        _selection(name, metric.witness, tuple(metric.labels), file, serving)
    for index, cost in enumerate(contract.costs):
        for name in cost.units:
            _known_metric(contract, name, ("costs", index, "units"), file)
    for index, erratum in enumerate(contract.errata):
        for proof, key in ((erratum.shown_by, "shown_by"), (erratum.corrected_by, "corrected_by")):
            for name in (*proof.truth.of, *proof.truth.over) if isinstance(proof, Value) else ():
                _known_metric(contract, name, ("errata", index, key, "truth"), file)


def _selection(name: str, selection: Selection, labels: tuple[str, ...], file: YamlFile, serving: set[str]) -> None:
    path = ("metrics", name, "witness")
    if selection.ledger not in conventions.LEDGERS:
        known = ", ".join(conventions.LEDGERS)
        file.problem(path, f"{name}: there is no ledger {selection.ledger!r}", f"ledgers: {known}")
    elif selection.ledger != conventions.CLIENT_LEDGER and selection.ledger not in serving:
        file.problem(
            path, f"{name}: its witness {selection.ledger} is not served", "add the fake to fakes.serve in drill.yml"
        )
    if set(selection.by) != set(labels):
        file.problem(
            path,
            f"{name}: the witness gives the labels {sorted(selection.by)}, the metric has {sorted(labels)}",
            "`by` maps each label of the metric to a column of the ledger",
        )


def _known_metric(contract: Contract, name: str, path: Key, file: YamlFile) -> None:
    if name not in contract.metrics:
        file.problem(path, f"{name} is not a metric of this contract")


def _alerts(contract: Contract, file: YamlFile, drill: Drill, rules: tuple[Rule, ...]) -> None:
    by_name = {rule.alert: rule for rule in rules if rule.alert}
    phases = {phase.name for phase in drill.phases}
    for name, alert in contract.alerts.items():
        path = ("alerts", name)
        if alert.phase not in phases:
            file.problem((*path, "phase"), f"{name}: the drill has no phase {alert.phase!r}")
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


def _phases(contract: Contract, drill: Drill, file: YamlFile) -> None:
    if conventions.BASELINE not in {phase.name for phase in drill.phases}:
        file.problem(
            ("phases",),
            f"no phase is named {conventions.BASELINE}",
            "it is the healthy one, and queries are asked at its end",
        )
    for index, phase in enumerate(drill.phases):
        path = ("phases", index)
        if (phase.for_ is None) == (phase.until is None):
            file.problem(path, f"phase {phase.name} needs either `for` or `until`, and not both")
        if phase.until and phase.alert not in contract.alerts:
            file.problem(path, f"phase {phase.name} waits for {phase.alert}, which is no alert of the contract")
        for fault in phase.faults:
            if fault not in drill.faults:
                known = ", ".join(drill.faults) or "none"
                file.problem(path, f"phase {phase.name} uses the fault {fault!r}", f"faults of this drill: {known}")


def _app(drill: Drill, file: YamlFile) -> None:
    known = {"port", "clock_rate", "host", *drill.fakes.serve}
    texts: list[tuple[Key, str]] = [(("app", "command", index), word) for index, word in enumerate(drill.app.command)]
    texts += [(("app", "environment", name), text) for name, text in drill.app.environment.items()]
    for path, text in texts:
        try:
            used = {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}
        except ValueError as error:
            file.problem(path, f"{text}: {error}", "a brace that is meant is written twice: {{ or }}")
            continue
        for field in sorted(used - known):
            file.problem(path, f"{{{field}}} stands for nothing here", f"known: {', '.join(sorted(known))}")


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
