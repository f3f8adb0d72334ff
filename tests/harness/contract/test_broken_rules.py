"""Mistakes in a rule file, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRACT, RULES = "contract.yml", "alert.rules.yml"

Place = tuple[str, int]


# What is changed in a right folder (file, old text, new text), and every problem of the result.
CASES: dict[str, tuple[tuple[str, str, str], list[Place]]] = {
    "unknown key of a group": (
        (RULES, "  - name: shop", "  - name: shop\n    query_offset: 1m"),
        [(RULES, 3)],
    ),
    "group without a name": (
        (RULES, "  - name: shop\n    rules:", "  - rules:"),
        [(RULES, 2), (CONTRACT, 14)],
    ),
    "two groups of one name": (
        (RULES, "groups:\n", "groups:\n  - {name: shop, rules: []}\n"),
        [(RULES, 3)],
    ),
    "interval without end": (
        (RULES, "  - name: shop", "  - name: shop\n    interval: .inf"),
        [(RULES, 5), (CONTRACT, 14)],
    ),
    "duration without a unit": (
        (RULES, "for: 300s", 'for: "300"'),
        [(RULES, 6), (CONTRACT, 14)],
    ),
    "duration beyond counting": (
        (RULES, "for: 300s", "for: 300y"),
        [(RULES, 6), (CONTRACT, 14)],
    ),
    "recording rule with the keys of an alert": (
        (
            RULES,
            "      - alert: High",
            "      - {record: a, expr: b, for: 1m, keep_firing_for: 1m, annotations: {c: d}}\n      - alert: High",
        ),
        [(RULES, 4), (RULES, 4), (RULES, 4)],
    ),
    "rule with a key of its group": (
        (RULES, "        for: 300s", "        for: 300s\n        limit: 5"),
        [(RULES, 7), (CONTRACT, 14)],
    ),
    "rule of a range": (
        (RULES, "rate(calls_total[5m]) > 1", "calls_total[5m]"),
        [(RULES, 5), (CONTRACT, 15)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_mistake(problems_after: Callable[..., list[Place]], case: str) -> None:
    """A mistake is told with its file, its line, what is wrong, and what would be right."""
    change, expected = CASES[case]
    assert problems_after(change) == expected
