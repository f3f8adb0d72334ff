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
LABEL = "a label's name is letters, digits and _, no digit at the start and not __, which is Prometheus' own"
ADDRESS = "an address is written host:port/path, for example localhost:8000/metrics"
VALUES = "it gives ranges or a text, where one value for each series is needed"
OPERATORS = "at the top it is no comparison (!=, <, <=, ==, >, >=)"
WHOLE = "its durations must be whole seconds"
METRIC = "a metric's name is letters, digits, _ and :, no digit at the start"
BOOL = "with bool a comparison gives 0 where it is broken, and drops nothing"

Expected = tuple[str, int, str, str]


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
CASES: dict[str, tuple[tuple[str, str, str], list[Expected]]] = {
    "scrape interval of no configuration": (
        (CONTRACT, "queries:\n", "scrape:\n  - {address: 'a:1/metrics', every: 5s, source: 'doc:1'}\nqueries:\n"),
        [
            (
                CONTRACT,
                12,
                "scrape.0: `every` is what the documented configuration says: name its file as `config`",
                "",
            )
        ],
    ),
    "job of Prometheus": (
        (CONTRACT, "queries:\n", "scrape:\n  - {address: 'a:1/metrics', job: prometheus, source: 'doc:1'}\nqueries:\n"),
        [(CONTRACT, 12, "scrape.0: the job prometheus is Prometheus' own", "")],
    ),
    "metric that is no name": (
        (CONTRACT, "  calls_total:", "  calls-total:"),
        [
            (
                CONTRACT,
                6,
                f"metrics.calls-total: {METRIC}, not 'calls-total'",
                "",
            )
        ],
    ),
    "label that is no name": (
        (CONTRACT, "labels: {model: [a]}", "labels: {model-name: [a]}"),
        [(CONTRACT, 8, f"metrics.calls_total.labels.model-name: {LABEL}, not 'model-name'", "")],
    ),
    "label of Prometheus": (
        (CONTRACT, "labels: {model: [a]}", "labels: {__model: [a]}"),
        [(CONTRACT, 8, f"metrics.calls_total.labels.__model: {LABEL}, not '__model'", "")],
    ),
    "label without values": (
        (CONTRACT, "labels: {model: [a]}", "labels: {model: []}"),
        [(CONTRACT, 8, "metrics.calls_total.labels.model is empty", "")],
    ),
    "label of a query that is no name": (
        (CONTRACT, "labels: [model]", "labels: [model name]"),
        [(CONTRACT, 12, f"queries.0.labels.0: {LABEL}, not 'model name'", "")],
    ),
    "gauge": (
        (CONTRACT, "type: counter", "type: gauge"),
        [
            (CONTRACT, 9, "missing key metrics.calls_total.witness.at_least", ""),
            (CONTRACT, 9, "missing key metrics.calls_total.witness.at_most", ""),
            (CONTRACT, 9, "unknown key metrics.calls_total.witness.ledger", ""),
            (CONTRACT, 9, "unknown key metrics.calls_total.witness.by", ""),
        ],
    ),
    "price for none": (
        (CONTRACT, QUERIES, cost("units: {calls_total: 1}, per: 0")),
        [(CONTRACT, 12, "costs.0.per: Input should be greater than 0, not 0", "")],
    ),
    "price without units": (
        (CONTRACT, QUERIES, cost("units: {}, per: 1")),
        [(CONTRACT, 12, "costs.0.units is empty", "")],
    ),
    "price without end": (
        (CONTRACT, QUERIES, cost("units: {calls_total: .inf}, per: .nan")),
        [
            (CONTRACT, 12, "costs.0.units.calls_total: Input should be a finite number, not inf", ""),
            (CONTRACT, 12, "costs.0.per: Input should be a finite number, not nan", ""),
        ],
    ),
    "address with a scheme": (
        (CONTRACT, QUERIES, scrape("http://localhost:8000/metrics")),
        [(CONTRACT, 12, f"scrape.0.address: {ADDRESS}, not 'http://localhost:8000/metrics'", "")],
    ),
    "address without a path": (
        (CONTRACT, QUERIES, scrape("localhost:8000")),
        [(CONTRACT, 12, f"scrape.0.address: {ADDRESS}, not 'localhost:8000'", "")],
    ),
    "erratum that misses nothing": (
        (CONTRACT, QUERIES, erratum("{empty: up}", "{missing: []}")),
        [(CONTRACT, 13, "errata.0.shown_by.missing is empty", "")],
    ),
    "truth of nothing": (
        (CONTRACT, QUERIES, erratum("{empty: up}", "{expr: up, truth: {of: {}}}")),
        [(CONTRACT, 13, "errata.0.shown_by.truth.of is empty", "")],
    ),
    "query of a range": (
        (CONTRACT, "'rate(calls_total[5m])'", "'(calls_total[5m])'"),
        [(CONTRACT, 12, f"bad PromQL: (calls_total[5m]): {VALUES}", "")],
    ),
    "query of a subquery": (
        (CONTRACT, "'rate(calls_total[5m])'", "'calls_total[5m:1m]'"),
        [(CONTRACT, 12, f"bad PromQL: calls_total[5m:1m]: {VALUES}", "")],
    ),
    "query of a text": (
        (CONTRACT, "'rate(calls_total[5m])'", "'\"calls_total\"'"),
        [(CONTRACT, 12, f'bad PromQL: "calls_total": {VALUES}', "")],
    ),
    "duration without end": (
        (CONTRACT, "'rate(calls_total[5m])'", "'calls_total offset inf'"),
        [(CONTRACT, 12, "bad PromQL: calls_total offset inf: a duration in it is out of range", "")],
    ),
    "invariant that is no comparison": (
        (CONTRACT, QUERIES, invariant("calls_total + 1")),
        [(CONTRACT, 12, f"no invariant: calls_total + 1: {OPERATORS}", "")],
    ),
    "invariant of sets": (
        (CONTRACT, QUERIES, invariant("calls_total and up")),
        [(CONTRACT, 12, f"no invariant: calls_total and up: {OPERATORS}", "")],
    ),
    "invariant that drops nothing": (
        (CONTRACT, QUERIES, invariant("(calls_total == bool up)")),
        [
            (
                CONTRACT,
                12,
                f"no invariant: (calls_total == bool up): {BOOL}",
                "",
            )
        ],
    ),
    "invariant over milliseconds": (
        (CONTRACT, QUERIES, invariant("rate(calls_total[1500ms]) <= 1")),
        [(CONTRACT, 12, f"no invariant: rate(calls_total[1500ms]) <= 1: {WHOLE}", "")],
    ),
    "invariant with an offset of milliseconds": (
        (CONTRACT, QUERIES, invariant("(calls_total offset 250ms <= calls_total)")),
        [(CONTRACT, 12, f"no invariant: (calls_total offset 250ms <= calls_total): {WHOLE}", "")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_mistake(problems_after: Callable[..., list[Expected]], case: str) -> None:
    """A mistake is told with its file, its line, what is wrong, and what would be right."""
    change, expected = CASES[case]
    assert problems_after(change) == expected
