"""Mistakes in a drill, its users or the rules, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRACT, DRILL, RULES, USERS = "contract.yml", "drill.yml", "alert.rules.yml", "users.py"

Place = tuple[str, int]

NO_ALERT: Place = (CONTRACT, 14)

# What is changed in a right folder (file, old text, new text), and every problem of the result.
CASES: dict[str, tuple[tuple[str, str, str], list[Place]]] = {
    "PromQL in a rule that is for promtool to judge": (
        (RULES, "[5m]", "[5q]"),
        [(CONTRACT, 15)],
    ),
    "bad duration in a rule": (
        (RULES, "300s", "soon"),
        [(RULES, 6), NO_ALERT],
    ),
    "bad duration in the drill": (
        (DRILL, "for: 4s", "for: 4x"),
        [(DRILL, 6)],
    ),
    "another expression": (
        (RULES, "> 1", "> 2"),
        [(CONTRACT, 15)],
    ),
    "another for": (
        (RULES, "        for: 300s\n", ""),
        [(CONTRACT, 16)],
    ),
    "another severity": (
        (RULES, "severity: warning", "severity: critical"),
        [(CONTRACT, 17)],
    ),
    "another annotation": (
        (RULES, "{summary: many calls}", "{}"),
        [(CONTRACT, 18)],
    ),
    "alert without a rule": (
        (RULES, "alert: High", "alert: Higher"),
        [(CONTRACT, 14)],
    ),
    "rule of both kinds": (
        (RULES, "- alert: High", "- alert: High\n        record: high"),
        [(RULES, 4)],
    ),
    "rule file without groups": (
        (RULES, "groups:", "rules:"),
        [(RULES, 1), NO_ALERT],
    ),
    "group without rules": (
        (RULES, "    rules:\n", "    ruels:\n"),
        [(RULES, 2), NO_ALERT],
    ),
    "no baseline": (
        (DRILL, "name: baseline", "name: calm"),
        [(DRILL, 5)],
    ),
    "phase without an end": (
        (DRILL, ", for: 4s", ""),
        [(DRILL, 6)],
    ),
    "phase of an unknown alert": (
        (DRILL, "alert: High", "alert: Low"),
        [(CONTRACT, 19), (DRILL, 7)],
    ),
    "unknown fault": (
        (DRILL, "[breakdown]", "[outage]"),
        [(DRILL, 7)],
    ),
    "unknown fake": (
        (DRILL, "[ollama]", "[openai]"),
        [(DRILL, 2)],
    ),
    "unknown placeholder": (
        (DRILL, "[python]", '[python, "{ollma}", "{"]'),
        [(DRILL, 1), (DRILL, 1)],
    ),
    "unknown class of users": (
        (DRILL, "BuyUser", "SellUser"),
        [(DRILL, 4)],
    ),
    "users that are not Python": (
        (USERS, "class BuyUser:", "class BuyUser"),
        [(DRILL, 3)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_mistake(problems_after: Callable[..., list[Place]], case: str) -> None:
    """A mistake is told with its file, its line, what is wrong, and what would be right."""
    change, expected = CASES[case]
    assert problems_after(change) == expected
