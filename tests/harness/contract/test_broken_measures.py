"""Numbers that a contract promises and nothing could give, one mistake at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRACT = "contract.yml"
QUERIES = "queries:\n"
WITNESS = "witness: {ledger: ollama, by: {model: model}}"

Place = tuple[str, int]


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


# What is changed in a right folder (file, old text, new text), and every problem of the result.
CASES: dict[str, tuple[list[tuple[str, str, str]], list[Place]]] = {
    "gauge of durations": (
        [gauge("{ledger: ollama, seconds: latency}", "{ledger: client, around: ollama}")],
        [(CONTRACT, 13), (CONTRACT, 14)],
    ),
    "sum of distinct values": (
        [gauge("{ledger: ollama, distinct: model, sum: prompt_tokens}")],
        [(CONTRACT, 13)],
    ),
    "window of rows": (
        [gauge("{ledger: ollama, window: 1h}")],
        [(CONTRACT, 13)],
    ),
    "unknown column of a gauge": (
        [gauge("{ledger: client}", "{ledger: nowhere}")],
        [(CONTRACT, 14)],
    ),
    "observations less others": (
        witness("less: {ledger: client, by: {model: model}}", "histogram"),
        [(CONTRACT, 9)],
    ),
    "less under other labels": (
        witness("less: {ledger: client}"),
        [(CONTRACT, 9)],
    ),
    "price by an unknown label": (
        witness("price: {plan: {free: 1}}"),
        [(CONTRACT, 9)],
    ),
    "value without a price": (
        witness("price: {model: {b: 1}}"),
        [(CONTRACT, 9)],
    ),
    "units of a value without a price": (
        [cost("units: {calls_total: 1}, prices: {model: {b: 1}}")],
        [(CONTRACT, 12)],
    ),
    "price of what nothing counts": (
        [(CONTRACT, f"    {WITNESS}\n", ""), cost("units: {calls_total: 1}, dollars: 1")],
        [(CONTRACT, 11)],
    ),
    "threshold without a guard": (
        [threshold("")],
        [(CONTRACT, 12)],
    ),
    "threshold with an unknown guard": (
        [threshold(", guard: Higher")],
        [(CONTRACT, 12)],
    ),
    "threshold with bad PromQL": (
        [threshold(", guard: High"), (CONTRACT, "expr: calls_total,", "expr: 'calls_total[5m]',")],
        [(CONTRACT, 12)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_mistake(problems_after: Callable[..., list[Place]], case: str) -> None:
    """A mistake is told with its file, its line, what is wrong, and what would be right."""
    changes, expected = CASES[case]
    assert problems_after(*changes) == expected
