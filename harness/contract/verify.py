"""What a contract and a drill must hold beyond their shape: names that exist, PromQL that parses, rules that match."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from harness import conventions
from harness.contract import promql
from harness.contract.durations import seconds
from harness.contract.records import Data, Empty, Value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.contract.drill import Drill
    from harness.contract.records import Alert, Contract, Proof, Selection
    from harness.contract.rules import Rule
    from harness.contract.yamlfile import Key, YamlFile


def verify(  # noqa: PLR0913 - two files, what they hold, and what they refer to
    contract: Contract,
    contract_file: YamlFile,
    drill: Drill,
    drill_file: YamlFile,
    *,
    folder: Path,
    rules: tuple[Rule, ...],
) -> None:
    """Note in the files' problems whatever does not fit together."""
    if not any((contract.endpoints, contract.metrics, contract.queries, contract.alerts)):
        contract_file.problem((), "the contract promises nothing: there is nothing to check")
    _documents(contract, contract_file)
    _witnesses(contract, contract_file, drill)
    _expressions(contract, contract_file)
    _alerts(contract, contract_file, drill, rules)
    _phases(contract, drill, drill_file)
    _users(drill, drill_file, folder)


def _documents(contract: Contract, file: YamlFile) -> None:
    lengths = {}
    for name, document in contract.documents.items():
        if (conventions.ROOT / document).is_file():
            lengths[name] = len((conventions.ROOT / document).read_text(encoding="utf-8").splitlines())
        else:
            file.problem(("documents", name), f"document {document} not found", "paths start at the project's root")
    for path, reference in _sources(file.data, ()):
        document_name, _, line = reference.partition(":")
        if document_name not in contract.documents:
            known = ", ".join(contract.documents)
            file.problem(path, f"source {reference} names no document of this contract", f"known: {known}")
        elif int(line) > lengths.get(document_name, int(line)):
            file.problem(path, f"source {reference} lies beyond the document's last line, {lengths[document_name]}")


def _sources(data: object, path: Key) -> Iterator[tuple[Key, str]]:
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "source" and isinstance(value, str):
                yield (*path, key), value
            else:
                yield from _sources(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _sources(value, (*path, index))


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


def _expressions(contract: Contract, file: YamlFile) -> None:
    seen: dict[str, Key] = {}
    for path, expression in _promql(contract):
        if error := promql.syntax_error(expression):
            file.problem(path, f"bad PromQL: {expression}: {error}")
        if path[0] in {"queries", "costs", "invariants"}:
            first = seen.setdefault(promql.squeezed(expression), path)
            if first != path:
                file.problem(path, f"duplicate expression, first on line {file.line(first)}: {expression}")


def _promql(contract: Contract) -> Iterator[tuple[Key, str]]:
    for kind in ("queries", "costs", "invariants"):
        for index, claim in enumerate(getattr(contract, kind)):
            yield (kind, index, "expr"), claim.expr
    for name, alert in contract.alerts.items():
        yield ("alerts", name, "expr"), alert.expr
    for index, erratum in enumerate(contract.errata):
        for key in ("shown_by", "corrected_by"):
            for expression in _of_proof(getattr(erratum, key)):
                yield ("errata", index, key), expression


def _of_proof(proof: Proof) -> tuple[str, ...]:
    match proof:
        case Empty(empty=expression) | Data(data=expression) | Value(expr=expression):
            return (expression,)
        case _:
            return ()


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
        for what, documented, written in _promises(alert, rule):
            if documented != written:
                file.problem(path, f"{name}: documented {what} {documented!r}, but the rule file has {written!r}")


def _promises(alert: Alert, rule: Rule) -> Iterator[tuple[str, object, object]]:
    yield "expr", promql.squeezed(alert.expr), promql.squeezed(rule.expr)
    yield "for (seconds)", seconds(alert.for_), seconds(rule.for_)
    yield "severity", alert.severity, rule.labels.get("severity")
    for key, text in alert.annotations.items():
        yield f"annotation {key}", text, rule.annotations.get(key)


def _phases(contract: Contract, drill: Drill, file: YamlFile) -> None:
    if not drill.phases:
        file.problem(("phases",), "a drill has at least one phase")
    for index, phase in enumerate(drill.phases):
        path = ("phases", index)
        if (phase.for_ is None) == (phase.until is None):
            file.problem(path, f"phase {phase.name} has either `for` or `until`")
        if phase.until and phase.alert not in contract.alerts:
            file.problem(path, f"phase {phase.name} waits for {phase.alert}, which is no alert of the contract")
        for fault in phase.faults:
            if fault not in drill.faults:
                known = ", ".join(drill.faults) or "none"
                file.problem(path, f"phase {phase.name} uses the fault {fault!r}", f"faults of this drill: {known}")


def _users(drill: Drill, file: YamlFile, folder: Path) -> None:
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
    for name in drill.load:
        if name not in classes:
            known = ", ".join(sorted(classes)) or "none"
            file.problem(("load", name), f"{conventions.USERS_FILE} has no class {name}", f"its classes: {known}")
