"""Mistakes in a contract, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRACT = "contract.yml"
QUERY = "  - {expr: 'rate(calls_total[5m])', labels: [model], source: \"doc:2\"}\n"
DURATION = "a duration is written like 250ms, 5s, 5m or 1h30m"

Expected = tuple[str, int, str, str]


def erratum(shown_by: str, corrected_by: str) -> str:
    """Return a section of one erratum, its proofs on lines 13 and 14, before that of the queries."""
    other = "id: x, claims: [{kind: metric, subject: calls_total}], defect: d, what: w, correction: c, source: 'doc:1'"
    return f"errata:\n  - {{{other},\n     shown_by: {shown_by},\n     corrected_by: {corrected_by}}}\nqueries:\n"


PROOFS = "empty, data, expr, helper, missing, firing, silent, alert, stated, dead_links, unit_of"

# What is changed in a right folder (file, old text, new text), and every problem of the result.
CASES: dict[str, tuple[tuple[str, str, str], list[Expected]]] = {
    "unknown key": (
        (CONTRACT, "receiver: drill", "reciever: drill"),
        [(CONTRACT, 20, "unknown key alerts.High.reciever", "")],
    ),
    "wrong type": (
        (CONTRACT, "labels: {model: [a]}", "labels: 5"),
        [(CONTRACT, 8, "metrics.calls_total.labels: Input should be a valid dictionary, not 5", "")],
    ),
    "unknown choice": (
        (CONTRACT, "type: counter", "type: timer"),
        [
            (
                CONTRACT,
                7,
                "metrics.calls_total.type: the type of a metric is counter, histogram or gauge, not 'timer'",
                "",
            )
        ],
    ),
    "not a mapping": (
        (CONTRACT, "system: shop\n", "- a\n#"),
        [(CONTRACT, 3, "not YAML: expected <block end>, but found '?'", "")],
    ),
    "bad PromQL": (
        (CONTRACT, "'rate(calls_total[5m])'", "'rate(calls_total[5m)'"),
        [(CONTRACT, 12, "bad PromQL: rate(calls_total[5m): unexpected character inside brackets: ')'", "")],
    ),
    "bad PromQL in an erratum": (
        (CONTRACT, "queries:\n", erratum("{empty: 'rate('}", "{data: up, foo: 1}")),
        [
            (CONTRACT, 13, "bad PromQL: rate(: unclosed left parenthesis", ""),
            (CONTRACT, 14, "unknown key errata.0.corrected_by.foo", ""),
        ],
    ),
    "no proof": (
        (CONTRACT, "queries:\n", erratum("5", "{data: up}")),
        [
            (
                CONTRACT,
                13,
                f"errata.0.shown_by: a proof has one of {PROOFS}, not 5",
                "",
            )
        ],
    ),
    "duplicate key": (
        (CONTRACT, "  calls_total:\n", "  calls_total:\n    type: counter\n"),
        [(CONTRACT, 8, "duplicate key type", "it stands on line 7 already; keep one")],
    ),
    "key that is a list": (
        (CONTRACT, "system: shop\n", "system: shop\n? [a]\n: b\n"),
        [(CONTRACT, 2, "a key is text, not a list or a mapping", "")],
    ),
    "duplicate query": (
        (CONTRACT, QUERY, f"{QUERY}{QUERY.replace('calls_total', ' calls_total ')}"),
        [(CONTRACT, 13, "duplicate expression, first on line 12: rate( calls_total [5m])", "")],
    ),
    "unknown ledger": (
        (CONTRACT, "ledger: ollama", "ledger: openai"),
        [(CONTRACT, 9, "calls_total: there is no ledger 'openai'", "ledgers: ollama, tts, s3, client")],
    ),
    "ledger of a fake that does not run": (
        (CONTRACT, "ledger: ollama, by: {model: model}", "ledger: s3, by: {model: key_prefix}"),
        [
            (
                CONTRACT,
                9,
                "calls_total: its witness s3 is not served",
                "add the fake to fakes.serve in drill.yml",
            )
        ],
    ),
    "other labels than the witness": (
        (CONTRACT, "by: {model: model}", "by: {provider: model}"),
        [
            (
                CONTRACT,
                9,
                "calls_total: the witness gives the labels ['provider'], the metric has ['model']",
                "`by` maps each label of the metric to a column of the ledger",
            )
        ],
    ),
    "cost of an unknown metric": (
        (
            CONTRACT,
            "queries:\n",
            "costs:\n  - {expr: x, units: {y: 1}, dollars: 1, per: 1, source: 'doc:1'}\nqueries:\n",
        ),
        [(CONTRACT, 12, "y is not a metric of this contract", "")],
    ),
    "document that is not there": (
        (CONTRACT, "shop.md", "nowhere.md"),
        [
            (
                CONTRACT,
                2,
                "document nowhere.md not found",
                "paths start at the contract's folder, or at the project's root",
            )
        ],
    ),
    "source in an unknown document": (
        (CONTRACT, '"doc:3"', '"dox:3"'),
        [(CONTRACT, 21, "source dox:3 names no document of this contract", "known: doc")],
    ),
    "source beyond the end": (
        (CONTRACT, '"doc:3"', '"doc:4"'),
        [(CONTRACT, 21, "source doc:4 lies beyond the document's last line, 3", "")],
    ),
    "no source": (
        (CONTRACT, '"doc:3"', '"line 3"'),
        [(CONTRACT, 21, "alerts.High.source: a source is written document:line, for example d0:41, not 'line 3'", "")],
    ),
    "bad duration": (
        (CONTRACT, "for: 5m", "for: 5 minutes"),
        [(CONTRACT, 16, f"alerts.High.for: {DURATION}, not '5 minutes'", "")],
    ),
    "unknown phase": (
        (CONTRACT, "phase: fault", "phase: storm"),
        [(CONTRACT, 19, "High: the drill has no phase 'storm'", "")],
    ),
    "broken YAML": (
        (CONTRACT, "system: shop", "system: [shop"),
        [(CONTRACT, 2, "not YAML: expected ',' or ']', but got ':'", "")],
    ),
    "unknown tag": (
        (CONTRACT, "system: shop", "system: !shop x"),
        [(CONTRACT, 1, "not YAML: could not determine a constructor for the tag '!shop'", "")],
    ),
    "impossible date": (
        (CONTRACT, "system: shop", "system: 2027-02-30"),
        [(CONTRACT, 1, "not YAML: day is out of range for month", "")],
    ),
    "anchor in itself": (
        (CONTRACT, "system: shop", "system: &a {x: *a}"),
        [(CONTRACT, 1, "not YAML that can be used: an anchor holds itself, or it is nested too deeply", "")],
    ),
    "nested deeply": (
        (CONTRACT, "system: shop", f"system: {'[' * 100_000}{']' * 100_000}"),
        [(CONTRACT, 1, "not YAML that can be used: an anchor holds itself, or it is nested too deeply", "")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_mistake(problems_after: Callable[..., list[Expected]], case: str) -> None:
    """A mistake is told with its file, its line, what is wrong, and what would be right."""
    change, expected = CASES[case]
    assert problems_after(change) == expected
