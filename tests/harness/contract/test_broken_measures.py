"""Numbers that a contract promises and nothing could give, one mistake at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRACT = "contract.yml"
QUERIES = "queries:\n"
WITNESS = "witness: {ledger: ollama, by: {model: model}}"

Expected = tuple[str, int, str, str]


def gauge(at_least: str, at_most: str = "{ledger: client}") -> tuple[str, str, str]:
    """Return the change that adds a gauge, its witness on line 14."""
    witness = f"{{at_least: {at_least},\n      at_most: {at_most}}}"
    return CONTRACT, QUERIES, f"  busy:\n    type: gauge\n    witness: {witness}\n    source: 'doc:1'\n{QUERIES}"


def witness(rest: str, type_: str = "counter") -> list[tuple[str, str, str]]:
    """Return the changes that give the counter, or histogram, another witness, on line 9."""
    return [(CONTRACT, "type: counter", f"type: {type_}"), (CONTRACT, WITNESS, f"{WITNESS[:-1]}, {rest}}}")]


def threshold(rest: str) -> tuple[str, str, str]:
    """Return the change that adds a threshold, on line 12."""
    return CONTRACT, QUERIES, f"thresholds:\n  Load: {{expr: calls_total, source: 'doc:1'{rest}}}\n{QUERIES}"


def cost(rest: str) -> tuple[str, str, str]:
    """Return the change that adds a price, on line 12."""
    return CONTRACT, QUERIES, f"costs:\n  - {{expr: x, per: 1, source: 'doc:1', {rest}}}\n{QUERIES}"


NO_RULE = "name the alert that guards it, or claim the threshold in an erratum"
COUNTS_LIVE = "a gauge counts rows that are live"
# What is changed in a right folder (file, old text, new text), and every problem of the result.
CASES: dict[str, tuple[list[tuple[str, str, str]], list[Expected]]] = {
    "gauge of durations": (
        [gauge("{ledger: ollama, seconds: latency}", "{ledger: client, around: ollama}")],
        [
            (CONTRACT, 13, "busy: seconds says nothing of a gauge", COUNTS_LIVE),
            (CONTRACT, 14, "busy: around says nothing of a gauge", COUNTS_LIVE),
        ],
    ),
    "sum of distinct values": (
        [gauge("{ledger: ollama, distinct: model, sum: prompt_tokens}")],
        [(CONTRACT, 13, "busy: with distinct each value counts once", "take out sum or distinct")],
    ),
    "window of rows": (
        [gauge("{ledger: ollama, window: 1h}")],
        [(CONTRACT, 13, "busy: window says how long a distinct value stays", "add distinct")],
    ),
    "unknown column of a gauge": (
        [gauge("{ledger: client}", "{ledger: nowhere}")],
        [(CONTRACT, 14, "busy: there is no ledger 'nowhere'", "ledgers: ollama, tts, s3, client")],
    ),
    "observations less others": (
        witness("less: {ledger: client, by: {model: model}}", "histogram"),
        [(CONTRACT, 9, "calls_total: less says nothing of a histogram", "observations cannot be taken away")],
    ),
    "less under other labels": (
        witness("less: {ledger: client}"),
        [
            (
                CONTRACT,
                9,
                "calls_total: the witness gives the labels [], the metric has ['model']",
                "`by` maps each label of the metric to a column of the ledger",
            )
        ],
    ),
    "price by an unknown label": (
        witness("price: {plan: {free: 1}}"),
        [(CONTRACT, 9, "calls_total has no label plan", "its labels: model")],
    ),
    "value without a price": (
        witness("price: {model: {b: 1}}"),
        [(CONTRACT, 9, "calls_total: model 'a' has no price", "")],
    ),
    "units of a value without a price": (
        [cost("units: {calls_total: 1}, prices: {model: {b: 1}}")],
        [(CONTRACT, 12, "calls_total: model 'a' has no price", "")],
    ),
    "price of what nothing counts": (
        [(CONTRACT, f"    {WITNESS}\n", ""), cost("units: {calls_total: 1}, dollars: 1")],
        [
            (
                CONTRACT,
                11,
                "no witness counts calls_total",
                "give it one: what is computed here is its ledger's",
            )
        ],
    ),
    "threshold without a guard": (
        [threshold("")],
        [(CONTRACT, 12, "no rule guards Load, and no erratum says so", NO_RULE)],
    ),
    "threshold with an unknown guard": (
        [threshold(", guard: Higher")],
        [(CONTRACT, 12, "Load: no rule file of this system holds the alert Higher", "alerts: High")],
    ),
    "threshold with bad PromQL": (
        [threshold(", guard: High"), (CONTRACT, "expr: calls_total,", "expr: 'calls_total[5m]',")],
        [
            (
                CONTRACT,
                12,
                "bad PromQL: calls_total[5m]: it gives ranges or a text, where one value for each series is needed",
                "",
            )
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_mistake(problems_after: Callable[..., list[Expected]], case: str) -> None:
    """A mistake is told with its file, its line, what is wrong, and what would be right."""
    changes, expected = CASES[case]
    assert problems_after(*changes) == expected
