"""Mistakes in a contract, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRACT = "contract.yml"
QUERY = "  - {expr: 'rate(calls_total[5m])', labels: [model], source: \"doc:2\"}\n"

Place = tuple[str, int]


def erratum(shown_by: str, corrected_by: str) -> str:
    """Return a section of one erratum, its proofs on lines 13 and 14, before that of the queries."""
    other = "id: x, claims: [{kind: metric, subject: calls_total}], defect: d, what: w, correction: c, source: 'doc:1'"
    return f"errata:\n  - {{{other},\n     shown_by: {shown_by},\n     corrected_by: {corrected_by}}}\nqueries:\n"


# What is changed in a right folder (file, old text, new text), and every problem of the result.
CASES: dict[str, tuple[tuple[str, str, str], list[Place]]] = {
    "unknown key": (
        (CONTRACT, "receiver: drill", "reciever: drill"),
        [(CONTRACT, 20)],
    ),
    "wrong type": (
        (CONTRACT, "labels: {model: [a]}", "labels: 5"),
        [(CONTRACT, 8)],
    ),
    "unknown choice": (
        (CONTRACT, "type: counter", "type: timer"),
        [(CONTRACT, 7)],
    ),
    "not a mapping": (
        (CONTRACT, "system: shop\n", "- a\n#"),
        [(CONTRACT, 3)],
    ),
    "bad PromQL": (
        (CONTRACT, "'rate(calls_total[5m])'", "'rate(calls_total[5m)'"),
        [(CONTRACT, 12)],
    ),
    "bad PromQL in an erratum": (
        (CONTRACT, "queries:\n", erratum("{empty: 'rate('}", "{data: up, foo: 1}")),
        [(CONTRACT, 13), (CONTRACT, 14)],
    ),
    "no proof": (
        (CONTRACT, "queries:\n", erratum("5", "{data: up}")),
        [(CONTRACT, 13)],
    ),
    "duplicate key": (
        (CONTRACT, "  calls_total:\n", "  calls_total:\n    type: counter\n"),
        [(CONTRACT, 8)],
    ),
    "key that is a list": (
        (CONTRACT, "system: shop\n", "system: shop\n? [a]\n: b\n"),
        [(CONTRACT, 2)],
    ),
    "duplicate query": (
        (CONTRACT, QUERY, f"{QUERY}{QUERY.replace('calls_total', ' calls_total ')}"),
        [(CONTRACT, 13)],
    ),
    "unknown ledger": (
        (CONTRACT, "ledger: ollama", "ledger: openai"),
        [(CONTRACT, 9)],
    ),
    "ledger of a fake that does not run": (
        (CONTRACT, "ledger: ollama, by: {model: model}", "ledger: s3, by: {model: key_prefix}"),
        [(CONTRACT, 9)],
    ),
    "other labels than the witness": (
        (CONTRACT, "by: {model: model}", "by: {provider: model}"),
        [(CONTRACT, 9)],
    ),
    "cost of an unknown metric": (
        (
            CONTRACT,
            "queries:\n",
            "costs:\n  - {expr: x, units: {y: 1}, dollars: 1, per: 1, source: 'doc:1'}\nqueries:\n",
        ),
        [(CONTRACT, 12)],
    ),
    "document that is not there": (
        (CONTRACT, "shop.md", "nowhere.md"),
        [(CONTRACT, 2)],
    ),
    "source in an unknown document": (
        (CONTRACT, '"doc:3"', '"dox:3"'),
        [(CONTRACT, 21)],
    ),
    "source beyond the end": (
        (CONTRACT, '"doc:3"', '"doc:4"'),
        [(CONTRACT, 21)],
    ),
    "no source": (
        (CONTRACT, '"doc:3"', '"line 3"'),
        [(CONTRACT, 21)],
    ),
    "bad duration": (
        (CONTRACT, "for: 5m", "for: 5 minutes"),
        [(CONTRACT, 16)],
    ),
    "unknown phase": (
        (CONTRACT, "phase: fault", "phase: storm"),
        [(CONTRACT, 19)],
    ),
    "broken YAML": (
        (CONTRACT, "system: shop", "system: [shop"),
        [(CONTRACT, 2)],
    ),
    "unknown tag": (
        (CONTRACT, "system: shop", "system: !shop x"),
        [(CONTRACT, 1)],
    ),
    "impossible date": (
        (CONTRACT, "system: shop", "system: 2027-02-30"),
        [(CONTRACT, 1)],
    ),
    "anchor in itself": (
        (CONTRACT, "system: shop", "system: &a {x: *a}"),
        [(CONTRACT, 1)],
    ),
    "nested deeply": (
        (CONTRACT, "system: shop", f"system: {'[' * 100_000}{']' * 100_000}"),
        [(CONTRACT, 1)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_mistake(problems_after: Callable[..., list[Place]], case: str) -> None:
    """A mistake is told with its file, its line, what is wrong, and what would be right."""
    change, expected = CASES[case]
    assert problems_after(change) == expected
