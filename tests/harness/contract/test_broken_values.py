"""Values and expressions of a contract that are not what they must be, one at a time."""

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


def invariant(expression: str) -> str:
    """Return a section of one invariant, on line 12, before that of the queries."""
    return f"invariants:\n  - {{expr: '{expression}', source: 'doc:1'}}\nqueries:\n"


def erratum(old: str, new: str) -> str:
    """Return a section of one erratum with one text changed, on lines 12 and 13, before that of the queries."""
    return f"errata:\n{ERRATUM.replace(old, new)}queries:\n"


def scrape(*addresses: str) -> str:
    """Return a section of scrape addresses, from line 12 on, before that of the queries."""
    lines = "".join(f"  - {{address: '{address}', source: 'doc:1'}}\n" for address in addresses)
    return f"scrape:\n{lines}queries:\n"


# What is changed in a right folder (file, old text, new text), and every problem of the result.
CASES: dict[str, tuple[tuple[str, str, str], list[Place]]] = {
    "scrape interval of no configuration": (
        (CONTRACT, "queries:\n", "scrape:\n  - {address: 'a:1/metrics', every: 5s, source: 'doc:1'}\nqueries:\n"),
        [(CONTRACT, 12)],
    ),
    "job of Prometheus": (
        (CONTRACT, "queries:\n", "scrape:\n  - {address: 'a:1/metrics', job: prometheus, source: 'doc:1'}\nqueries:\n"),
        [(CONTRACT, 12)],
    ),
    "metric that is no name": (
        (CONTRACT, "  calls_total:", "  calls-total:"),
        [(CONTRACT, 6)],
    ),
    "label that is no name": (
        (CONTRACT, "labels: {model: [a]}", "labels: {model-name: [a]}"),
        [(CONTRACT, 8)],
    ),
    "label of Prometheus": (
        (CONTRACT, "labels: {model: [a]}", "labels: {__model: [a]}"),
        [(CONTRACT, 8)],
    ),
    "label without values": (
        (CONTRACT, "labels: {model: [a]}", "labels: {model: []}"),
        [(CONTRACT, 8)],
    ),
    "label of a query that is no name": (
        (CONTRACT, "labels: [model]", "labels: [model name]"),
        [(CONTRACT, 12)],
    ),
    "gauge": (
        (CONTRACT, "type: counter", "type: gauge"),
        [(CONTRACT, 9), (CONTRACT, 9), (CONTRACT, 9), (CONTRACT, 9)],
    ),
    "price for none": (
        (CONTRACT, QUERIES, cost("units: {calls_total: 1}, per: 0")),
        [(CONTRACT, 12)],
    ),
    "price without units": (
        (CONTRACT, QUERIES, cost("units: {}, per: 1")),
        [(CONTRACT, 12)],
    ),
    "price without end": (
        (CONTRACT, QUERIES, cost("units: {calls_total: .inf}, per: .nan")),
        [(CONTRACT, 12), (CONTRACT, 12)],
    ),
    "address with a scheme": (
        (CONTRACT, QUERIES, scrape("http://localhost:8000/metrics")),
        [(CONTRACT, 12)],
    ),
    "address without a path": (
        (CONTRACT, QUERIES, scrape("localhost:8000")),
        [(CONTRACT, 12)],
    ),
    "erratum that misses nothing": (
        (CONTRACT, QUERIES, erratum("{empty: up}", "{missing: []}")),
        [(CONTRACT, 13)],
    ),
    "truth of nothing": (
        (CONTRACT, QUERIES, erratum("{empty: up}", "{expr: up, truth: {of: {}}}")),
        [(CONTRACT, 13)],
    ),
    "query of a range": (
        (CONTRACT, "'rate(calls_total[5m])'", "'(calls_total[5m])'"),
        [(CONTRACT, 12)],
    ),
    "query of a subquery": (
        (CONTRACT, "'rate(calls_total[5m])'", "'calls_total[5m:1m]'"),
        [(CONTRACT, 12)],
    ),
    "query of a text": (
        (CONTRACT, "'rate(calls_total[5m])'", "'\"calls_total\"'"),
        [(CONTRACT, 12)],
    ),
    "duration without end": (
        (CONTRACT, "'rate(calls_total[5m])'", "'calls_total offset inf'"),
        [(CONTRACT, 12)],
    ),
    "invariant that is no comparison": (
        (CONTRACT, QUERIES, invariant("calls_total + 1")),
        [(CONTRACT, 12)],
    ),
    "invariant of sets": (
        (CONTRACT, QUERIES, invariant("calls_total and up")),
        [(CONTRACT, 12)],
    ),
    "invariant that drops nothing": (
        (CONTRACT, QUERIES, invariant("(calls_total == bool up)")),
        [(CONTRACT, 12)],
    ),
    "invariant over milliseconds": (
        (CONTRACT, QUERIES, invariant("rate(calls_total[1500ms]) <= 1")),
        [(CONTRACT, 12)],
    ),
    "invariant with an offset of milliseconds": (
        (CONTRACT, QUERIES, invariant("(calls_total offset 250ms <= calls_total)")),
        [(CONTRACT, 12)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_mistake(problems_after: Callable[..., list[Place]], case: str) -> None:
    """A mistake is told with its file, its line, what is wrong, and what would be right."""
    change, expected = CASES[case]
    assert problems_after(change) == expected
