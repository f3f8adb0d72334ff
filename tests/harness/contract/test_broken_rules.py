"""Mistakes in a rule file, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRACT, RULES = "contract.yml", "alert.rules.yml"
VALUES = "it gives ranges or a text, where one value for each series is needed"
NO_ALERT = "no rule file of this system holds the alert High"

Expected = tuple[str, int, str, str]


# What is changed in a right folder (file, old text, new text), and every problem of the result.
CASES: dict[str, tuple[tuple[str, str, str], list[Expected]]] = {
    "unknown key of a group": (
        (RULES, "  - name: shop", "  - name: shop\n    query_offset: 1m"),
        [(RULES, 3, "group key query_offset is not supported yet", "supported are name, interval, limit, rules")],
    ),
    "group without a name": (
        (RULES, "  - name: shop\n    rules:", "  - rules:"),
        [(RULES, 2, "a group holds a name and a list named rules", ""), (CONTRACT, 14, NO_ALERT, "alerts found: none")],
    ),
    "two groups of one name": (
        (RULES, "groups:\n", "groups:\n  - {name: shop, rules: []}\n"),
        [(RULES, 3, "duplicate group shop", "")],
    ),
    "interval without end": (
        (RULES, "  - name: shop", "  - name: shop\n    interval: .inf"),
        [
            (RULES, 5, "groups.0.rules.0.interval: Input should be a valid string, not inf", ""),
            (CONTRACT, 14, NO_ALERT, "alerts found: none"),
        ],
    ),
    "duration without a unit": (
        (RULES, "for: 300s", 'for: "300"'),
        [
            (
                RULES,
                6,
                "groups.0.rules.0.for: a duration in a rule has a unit, like 250ms, 5s, 5m or 1h30m, not '300'",
                "",
            ),
            (CONTRACT, 14, NO_ALERT, "alerts found: none"),
        ],
    ),
    "duration beyond counting": (
        (RULES, "for: 300s", "for: 300y"),
        [
            (RULES, 6, "groups.0.rules.0.for: a duration is at most 292y, not '300y'", ""),
            (CONTRACT, 14, NO_ALERT, "alerts found: none"),
        ],
    ),
    "recording rule with the keys of an alert": (
        (
            RULES,
            "      - alert: High",
            "      - {record: a, expr: b, for: 1m, keep_firing_for: 1m, annotations: {c: d}}\n      - alert: High",
        ),
        [
            (RULES, 4, "a: a recording rule has no for", "only an alert has"),
            (RULES, 4, "a: a recording rule has no keep_firing_for", "only an alert has"),
            (RULES, 4, "a: a recording rule has no annotations", "only an alert has"),
        ],
    ),
    "rule with a key of its group": (
        (RULES, "        for: 300s", "        for: 300s\n        limit: 5"),
        [(RULES, 7, "unknown key limit in a rule", ""), (CONTRACT, 14, NO_ALERT, "alerts found: none")],
    ),
    "rule of a range": (
        (RULES, "rate(calls_total[5m]) > 1", "calls_total[5m]"),
        [
            (RULES, 5, f"bad PromQL in High: {VALUES}", ""),
            (
                CONTRACT,
                15,
                "High: documented expr 'rate(calls_total[5m])>1', but the rule file has 'calls_total[5m]'",
                "",
            ),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_mistake(problems_after: Callable[..., list[Expected]], case: str) -> None:
    """A mistake is told with its file, its line, what is wrong, and what would be right."""
    change, expected = CASES[case]
    assert problems_after(change) == expected
