"""What promises in numbers hold together: prices for what is counted, witnesses that can tell, rules that guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.contract.errata import Value
from promdrill.contract.metrics import Gauge, Metric
from promdrill.contract.witness import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promdrill.contract.metrics import Cost, Threshold
    from promdrill.contract.records import Contract
    from promdrill.contract.witness import Live
    from promdrill.rules.rulefile import Rule
    from promdrill.yamlfile import Key, YamlFile


def verify_metrics(contract: Contract, file: YamlFile, rules: Iterable[Rule]) -> None:
    """Note in the file's problems whatever of its numbers nothing could give."""
    for name, metric in contract.metrics.items():
        match metric:
            case Gauge(witness=bounds) if bounds:
                for key, live in (("at_least", bounds.at_least), ("at_most", bounds.at_most)):
                    _live(name, live, ("metrics", name, "witness", key), file)
            case Metric(witness=Selection() as selection):
                _selection(name, metric, selection, ("metrics", name, "witness"), file)
    for index, cost in enumerate(contract.costs):
        _check_counters(contract, cost.units, ("costs", index, "units"), file)
        _cost(contract, cost, ("costs", index), file)
    for index, erratum in enumerate(contract.errata):
        for key, proof in (("shown_by", erratum.shown_by), ("corrected_by", erratum.corrected_by)):
            if isinstance(proof, Value):
                _check_counters(contract, (*proof.truth.of, *proof.truth.over), ("errata", index, key, "truth"), file)
    claimed = {claim.subject for erratum in contract.errata for claim in erratum.claims if claim.kind == "threshold"}
    guards = sorted(rule.alert for rule in rules if rule.alert)
    for name, threshold in contract.thresholds.items():
        _threshold(name, threshold, guards, claimed, file)


def _live(name: str, live: Live, path: Key, file: YamlFile) -> None:
    for key in ("seconds", "around", "price", "less"):
        if getattr(live, key) is not None:
            file.problem(
                (*path, key), f"{name}: {key} is not a key of a gauge's witness", "a gauge counts rows that are live"
            )
    if live.distinct and live.sum_columns:
        file.problem((*path, "sum"), f"{name}: with distinct each value counts once", "remove sum or distinct")
    if live.window and not live.distinct:
        file.problem((*path, "window"), f"{name}: window says how long a distinct value stays", "add distinct")


def _selection(name: str, metric: Metric, selection: Selection, path: Key, file: YamlFile) -> None:
    if metric.type == "histogram" and selection.less:
        file.problem(
            (*path, "less"), f"{name}: less is not a key of a histogram's witness", "observations cannot be taken away"
        )
    _prices(name, metric.labels, selection.price, (*path, "price"), file)


def _prices(
    name: str,
    labels: Mapping[str, tuple[str, ...]],
    prices: Mapping[str, Mapping[str, float]] | None,
    path: Key,
    file: YamlFile,
) -> None:
    """Note a label that the metric lacks, and values of it without a price: they would cost nothing."""
    for label, by_value in (prices or {}).items():
        if label not in labels:
            file.problem((*path, label), f"{name} has no label {label}", f"its labels: {', '.join(labels) or 'none'}")
            continue
        for value in labels[label]:
            if value not in by_value:
                file.problem((*path, label), f"{name}: {label} {value!r} has no price")


def _check_counters(contract: Contract, names: Iterable[str], path: Key, file: YamlFile) -> None:
    for name in names:
        metric = contract.metrics.get(name)
        if metric and not isinstance(metric.witness, Selection):
            file.problem(
                path, f"{name} has no witness that counts", "add one, because the value is computed from its ledger"
            )


def _cost(contract: Contract, cost: Cost, path: Key, file: YamlFile) -> None:
    for name in cost.units:
        if name in contract.metrics:
            labels = {
                label: tuple(value for value in values if cost.where.get(label, value) == value)
                for label, values in contract.metrics[name].labels.items()
            }
            _prices(name, labels, cost.prices, (*path, "prices"), file)


def _threshold(name: str, threshold: Threshold, guards: list[str], claimed: set[str], file: YamlFile) -> None:
    path = ("thresholds", name)
    if threshold.guard is None and name not in claimed:
        file.problem(
            path,
            f"no rule guards {name}, and no erratum says so",
            "name the alert that guards it, or claim the threshold in an erratum",
        )
    if threshold.guard is not None and threshold.guard not in guards:
        known = ", ".join(guards) or "none"
        file.problem(
            (*path, "guard"),
            f"{name}: no rule file of this system holds the alert {threshold.guard}",
            f"alerts: {known}",
        )
