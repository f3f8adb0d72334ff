"""Mistakes in a drill, its users or the rules, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRACT, DRILL, RULES, USERS = "contract.yml", "drill.yml", "alert.rules.yml", "users.py"
DURATION = "a duration is written like 250ms, 5s, 5m or 1h30m"

Expected = tuple[str, int, str, str]

NO_ALERT: Expected = (CONTRACT, 14, "no rule file of this system holds the alert High", "alerts found: none")

# What is changed in a right folder (file, old text, new text), and every problem of the result.
CASES: dict[str, tuple[tuple[str, str, str], list[Expected]]] = {
    "PromQL in a rule that is for promtool to judge": (
        (RULES, "[5m]", "[5q]"),
        [
            (
                CONTRACT,
                15,
                "High: documented expr 'rate(calls_total[5m])>1', but the rule file has 'rate(calls_total[5q])>1'",
                "",
            ),
        ],
    ),
    "bad duration in a rule": (
        (RULES, "300s", "soon"),
        [(RULES, 6, f"groups.0.rules.0.for: {DURATION}, not 'soon'", ""), NO_ALERT],
    ),
    "bad duration in the drill": (
        (DRILL, "for: 4s", "for: 4x"),
        [(DRILL, 6, f"phases.0.for: {DURATION}, not '4x'", "")],
    ),
    "another expression": (
        (RULES, "> 1", "> 2"),
        [
            (
                CONTRACT,
                15,
                "High: documented expr 'rate(calls_total[5m])>1', but the rule file has 'rate(calls_total[5m])>2'",
                "",
            )
        ],
    ),
    "another for": (
        (RULES, "        for: 300s\n", ""),
        [(CONTRACT, 16, "High: documented for '5m', but the rule file has '0s'", "")],
    ),
    "another severity": (
        (RULES, "severity: warning", "severity: critical"),
        [(CONTRACT, 17, "High: documented severity 'warning', but the rule file has 'critical'", "")],
    ),
    "another annotation": (
        (RULES, "{summary: many calls}", "{}"),
        [(CONTRACT, 18, "High: documented annotations summary 'many calls', but the rule file has None", "")],
    ),
    "alert without a rule": (
        (RULES, "alert: High", "alert: Higher"),
        [(CONTRACT, 14, "no rule file of this system holds the alert High", "alerts found: Higher")],
    ),
    "rule of both kinds": (
        (RULES, "- alert: High", "- alert: High\n        record: high"),
        [(RULES, 4, "a rule has either alert or record", "")],
    ),
    "rule file without groups": (
        (RULES, "groups:", "rules:"),
        [(RULES, 1, "a rule file holds a list named groups", ""), NO_ALERT],
    ),
    "group without rules": (
        (RULES, "    rules:\n", "    ruels:\n"),
        [(RULES, 2, "a group holds a name and a list named rules", ""), NO_ALERT],
    ),
    "no baseline": (
        (DRILL, "name: baseline", "name: calm"),
        [(DRILL, 5, "no phase is named baseline", "it is the healthy one, and queries are asked at its end")],
    ),
    "phase without an end": (
        (DRILL, ", for: 4s", ""),
        [(DRILL, 6, "phase baseline needs either `for` or `until`, and not both", "")],
    ),
    "phase of an unknown alert": (
        (DRILL, "alert: High", "alert: Low"),
        [
            (
                CONTRACT,
                19,
                "High: phase fault does not make it fire",
                "the phase needs faults, or users of its own or that pause, `until: firing` and `alert: High`",
            ),
            (DRILL, 7, "phase fault waits for Low, which is no alert of the contract", ""),
        ],
    ),
    "unknown fault": (
        (DRILL, "[breakdown]", "[outage]"),
        [(DRILL, 7, "phase fault uses the fault 'outage'", "faults of this drill: breakdown")],
    ),
    "unknown fake": (
        (DRILL, "[ollama]", "[openai]"),
        [
            (
                DRILL,
                2,
                "fakes.serve.0: Input should be 'ollama', 'elevenlabs', 'piper', 'gtts' or 's3', not 'openai'",
                "",
            )
        ],
    ),
    "unknown placeholder": (
        (DRILL, "[python]", '[python, "{ollma}", "{"]'),
        [
            (
                DRILL,
                1,
                "{ollma} stands for nothing here",
                "known: calendar_rate, clock_rate, host, ollama, port, python, token, work",
            ),
            (
                DRILL,
                1,
                "{: Single '{' encountered in format string",
                "a placeholder is {NAME}; a brace that is meant is written twice: {{ or }}",
            ),
        ],
    ),
    "unknown class of users": (
        (DRILL, "BuyUser", "SellUser"),
        [(DRILL, 4, "users.py has no class SellUser", "its classes: BuyUser")],
    ),
    "users that are not Python": (
        (USERS, "class BuyUser:", "class BuyUser"),
        [(DRILL, 3, "users.py cannot be read: expected ':' (<unknown>, line 1)", "")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_mistake(problems_after: Callable[..., list[Expected]], case: str) -> None:
    """A mistake is told with its file, its line, what is wrong, and what would be right."""
    change, expected = CASES[case]
    assert problems_after(change) == expected
