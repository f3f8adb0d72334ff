"""Names in a contract that stand for nothing, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRACT = "contract.yml"
QUERIES = "queries:\n"
ERRATUM = """\
  - {id: x, claims: [{kind: metric, subject: calls_total}], defect: d, what: w, correction: c, source: 'doc:1',
     shown_by: {empty: up}, corrected_by: {data: up}}
"""

Place = tuple[str, int]


def cost(rest: str) -> str:
    """Return a section of one price, on line 12, before that of the queries."""
    return f"costs:\n  - {{expr: x, dollars: 1, source: 'doc:1', {rest}}}\nqueries:\n"


def erratum(old: str, new: str) -> str:
    """Return a section of one erratum with one text changed, on lines 12 and 13, before that of the queries."""
    return f"errata:\n{ERRATUM.replace(old, new)}queries:\n"


def waiver(kind: str, subject: str) -> str:
    """Return a section of one waiver, on line 12, before that of the queries."""
    return f"waivers:\n  - {{claim: {{kind: {kind}, subject: {subject}}}, reason: r, until: 2030-01-01}}\nqueries:\n"


def scrape(*addresses: str) -> str:
    """Return a section of scrape addresses, from line 12 on, before that of the queries."""
    lines = "".join(f"  - {{address: '{address}', source: 'doc:1'}}\n" for address in addresses)
    return f"scrape:\n{lines}queries:\n"


# What is changed in a right folder (file, old text, new text), and every problem of the result.
CASES: dict[str, tuple[tuple[str, str, str], list[Place]]] = {
    "endpoint of another method": (
        (CONTRACT, "GET /metrics", "POST /metrics"),
        [(CONTRACT, 4)],
    ),
    "two scrape addresses": (
        (CONTRACT, QUERIES, scrape("a:1/metrics", "b:2/metrics")),
        [(CONTRACT, 13)],
    ),
    "price limited to an unknown label": (
        (CONTRACT, QUERIES, cost("units: {calls_total: 1}, per: 1, where: {plan: a}")),
        [(CONTRACT, 12)],
    ),
    "price limited to an unknown value": (
        (CONTRACT, QUERIES, cost("units: {calls_total: 1}, per: 1, where: {model: b}")),
        [(CONTRACT, 12)],
    ),
    "truth limited to an unknown label": (
        (CONTRACT, QUERIES, erratum("{empty: up}", "{expr: up, truth: {of: {calls_total: 1}, where: {plan: a}}}")),
        [(CONTRACT, 13)],
    ),
    "truth of an unknown metric": (
        (CONTRACT, QUERIES, erratum("{empty: up}", "{expr: up, truth: {of: {calls_total: 1}, over: {y: 1}}}")),
        [(CONTRACT, 13)],
    ),
    "unknown receiver": (
        (CONTRACT, "receiver: drill", "receiver: [pager, night]"),
        [(CONTRACT, 20)],
    ),
    "two errata of one name": (
        (CONTRACT, QUERIES, f"errata:\n{ERRATUM}{ERRATUM}{QUERIES}"),
        [(CONTRACT, 14)],
    ),
    "erratum about nothing": (
        (CONTRACT, QUERIES, erratum("subject: calls_total", "subject: calls")),
        [(CONTRACT, 12)],
    ),
    "erratum about another kind": (
        (CONTRACT, QUERIES, erratum("kind: metric", "kind: histogram")),
        [(CONTRACT, 12)],
    ),
    "erratum that misses an unknown metric": (
        (CONTRACT, QUERIES, erratum("{empty: up}", "{missing: [calls]}")),
        [(CONTRACT, 13)],
    ),
    "erratum of a helper without helpers": (
        (CONTRACT, QUERIES, erratum("{empty: up}", "{helper: Calls.record, call: {}, effect: {}}")),
        [(CONTRACT, 13)],
    ),
    "waiver of nothing": (
        (CONTRACT, QUERIES, waiver("query", "calls_total")),
        [(CONTRACT, 12)],
    ),
    "waiver of an unknown exposition": (
        (CONTRACT, QUERIES, waiver("exposition", "calls")),
        [(CONTRACT, 12)],
    ),
    "unknown column": (
        (CONTRACT, "by: {model: model}", "where: {verb: put}, by: {model: voice}"),
        [(CONTRACT, 9), (CONTRACT, 9)],
    ),
    "unknown column to add up": (
        (CONTRACT, "by: {model: model}", "sum: bytes, seconds: at_least, by: {model: client.model}"),
        [(CONTRACT, 9), (CONTRACT, 9)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_mistake(problems_after: Callable[..., list[Place]], case: str) -> None:
    """A mistake is told with its file, its line, what is wrong, and what would be right."""
    change, expected = CASES[case]
    assert problems_after(change) == expected
