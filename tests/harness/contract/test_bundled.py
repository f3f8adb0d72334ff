"""Every claim of a bundled contract stands in its document: on the line that it names, word for word."""

from __future__ import annotations

import re

import pytest

from promdrill import conventions
from promdrill.contract import Contract, bundled_systems, load_scenario
from promdrill.contract.records import Data, Empty, Value
from promdrill.rules.promql import squeeze

CONTRACTS = {system: load_scenario(conventions.SCENARIOS / system).contract for system in bundled_systems()}


def lines(contract: Contract) -> list[str]:
    """Return the lines of a contract's only document."""
    [document] = contract.documents.values()
    return (conventions.ROOT / document).read_text(encoding="utf-8").splitlines()


def line(contract: Contract, source: str) -> str:
    """Return the line that a source names."""
    return lines(contract)[int(source.split(":")[1]) - 1]


def code(text: str) -> list[str]:
    """Return what stands in backquotes in a line, white space aside."""
    return [squeeze(part) for part in re.findall(r"`([^`]+)`", text)]


def quoted(*names: str) -> list[tuple[Contract, str, str]]:
    """Return (contract, source, text) of the claims of these kinds."""
    return [
        (contract, source, claim.subject)
        for contract in CONTRACTS.values()
        for claim, source in contract.claims()
        if claim.kind in names
    ]


@pytest.mark.parametrize(
    ("contract", "source", "subject"), quoted("endpoint", "scrape", "query", "cost", "invariant", "alert")
)
def test_subject(contract: Contract, source: str, subject: str) -> None:
    """Endpoint, address, expression or name stands in the line, and is what the line is about: its first code."""
    assert squeeze(subject) == code(line(contract, source))[0]


@pytest.mark.parametrize(
    ("contract", "name"), [(contract, name) for contract in CONTRACTS.values() for name in contract.metrics]
)
def test_metric(contract: Contract, name: str) -> None:
    """A metric's line names it with its labels, its type and its labels' values."""
    metric = contract.metrics[name]
    text = line(contract, metric.source)
    labels = f"{{{','.join(metric.labels)}}}" if metric.labels else ""
    assert code(text)[0] == f"{name}{labels}"
    assert re.findall(r"counter|histogram|gauge", text)[0] == metric.type
    # The values stand in the line too, or are those of an earlier one ("as above").
    documented = set(code("\n".join(lines(contract)[: int(metric.source.split(":")[1])])))
    assert {value for values in metric.labels.values() for value in values} <= documented


@pytest.mark.parametrize(
    ("contract", "label", "values"),
    sorted(
        {
            (system, label, values)
            for system, contract in CONTRACTS.items()
            for metric in contract.metrics.values()
            for label, values in metric.labels.items()
        }
    ),
)
def test_label_values(contract: str, label: str, values: tuple[str, ...]) -> None:
    """All values of a label, and no others, stand in the line about that label; it may differ from metric to metric."""
    documented = [code(text)[1:] for text in lines(CONTRACTS[contract]) if text.startswith(f"- `{label}` is one of ")]
    assert list(values) in documented


@pytest.mark.parametrize(
    ("contract", "name"), [(contract, name) for contract in CONTRACTS.values() for name in contract.alerts]
)
def test_alert(contract: Contract, name: str) -> None:
    """An alert's line holds its expression, its `for`, its severity and its summary."""
    alert = contract.alerts[name]
    expected = [name, alert.expr, alert.for_, alert.severity, alert.annotations["summary"]]
    assert code(line(contract, alert.source))[:5] == [squeeze(text) for text in expected]


@pytest.mark.parametrize(
    ("contract", "source", "name"),
    [(contract, panel.source, panel.panel) for contract in CONTRACTS.values() for panel in contract.panels],
)
def test_panel(contract: Contract, source: str, name: str) -> None:
    """A panel's line begins with its name."""
    assert squeeze(name) == code(line(contract, source))[0]


@pytest.mark.parametrize(
    ("contract", "name"),
    [(contract, name) for contract in CONTRACTS.values() if contract.helpers for name in contract.helpers.interface],
)
def test_helper(contract: Contract, name: str) -> None:
    """A helper's line holds its call with all parameters."""
    assert contract.helpers is not None
    helper = contract.helpers.interface[name]
    assert code(line(contract, helper.source))[0] == f"{name}({','.join(helper.parameters)})"


@pytest.mark.parametrize("contract", [contract for contract in CONTRACTS.values() if contract.reference_table])
def test_reference_table(contract: Contract) -> None:
    """The documents' own table, below the line that announces it, is the contract's, with types and labels."""
    table = contract.reference_table
    assert table is not None
    rows = [row for row in lines(contract)[int(table.source.split(":")[1]) :] if row.startswith("| `")]
    shown = [
        f"| `{name}` | {metric.type} | {', '.join(f'`{label}`' for label in metric.labels) or 'none'} |"
        for name in table.metrics
        for metric in [contract.metrics[name]]
    ]
    assert rows == shown


@pytest.mark.parametrize(
    ("contract", "id_"),
    [(contract, erratum.id) for contract in CONTRACTS.values() for erratum in contract.errata],
)
def test_erratum(contract: Contract, id_: str) -> None:
    """An erratum's line begins with its id; the claims that it is about refer to it or stand there."""
    [erratum] = [one for one in contract.errata if one.id == id_]
    text = line(contract, erratum.source)
    assert text.startswith(f"- {id_}: ")
    sources = {(claim.kind, claim.subject): source for claim, source in contract.claims()}
    for claim in erratum.claims:
        claimed = line(contract, sources[claim.kind, claim.subject])
        assert f"erratum {id_})" in claimed or squeeze(claim.subject) in code(text)


@pytest.mark.parametrize(
    ("contract", "id_"),
    [
        (contract, erratum.id)
        for contract in CONTRACTS.values()
        for erratum in contract.errata
        if erratum.defect in {"vector-matching", "wrong-divisor", "wrong-unit"}  # others' proofs are of our making
    ],
)
def test_proof_of_an_erratum(contract: Contract, id_: str) -> None:
    """What proves a vector expression wrong, or right, is what the erratum's lines quote."""
    [erratum] = [one for one in contract.errata if one.id == id_]
    quoted_there = code(line(contract, erratum.source))
    assert isinstance(erratum.shown_by, Empty | Value)
    [correction] = [text for text in lines(contract) if text.startswith(f"- {id_}, correction: ")]
    shown = erratum.shown_by.empty if isinstance(erratum.shown_by, Empty) else erratum.shown_by.expr
    assert isinstance(erratum.corrected_by, Data | Value)
    right = erratum.corrected_by.data if isinstance(erratum.corrected_by, Data) else erratum.corrected_by.expr
    assert (quoted_there[0], code(correction)[0]) == (squeeze(shown), squeeze(right))


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_nothing_is_left_out(contract: Contract) -> None:
    """Every metric, invariant, query, cost and helper that the document lists is a claim of the contract."""
    claimed = {squeeze(claim.subject) for claim, _ in contract.claims()}
    listed: dict[str, set[str]] = {}
    section = ""
    for text in lines(contract):
        section = text.removeprefix("## ") if text.startswith("## ") else section
        if text.startswith("- `"):
            listed.setdefault(section, set()).add(
                re.split(r"[{(]", code(text)[0])[0] if section in NAMED else code(text)[0]
            )
    assert {section: listed.get(section, set()) - claimed for section in OBSERVABLE} == {
        section: set() for section in OBSERVABLE
    }


NAMED = {"Metrics", "Helper classes"}
OBSERVABLE = ("Metrics", "Invariants", "Queries", "Costs", "Helper classes")
