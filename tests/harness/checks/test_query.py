from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.query import query
from promdrill.model import Source, Status
from promdrill.stack import binaries
from tests.words import Facts, FactsOf, masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

# Several queries of one run: what differs is the expression.
EXPRESSIONS = {
    "answers": ("calls_total", ["model"]),
    "empty": ("calls_total / on (shop) orders_total", ["model"]),
    "labels": ("sum(calls_total)", ["model"]),
    "nan": ("idle_total / idle_total", ["model"]),
    "infinite": ("calls_total / 0", ["model"]),
    "refused": ("calls_total / ignoring (model) calls_total", ["model"]),
    "remarks": ("rate(queue_length[5s])", []),
    "later": ("late_total", []),
}
RUNS: dict[str, dict[str, Any]] = {
    name: {
        "contract": {"queries": [{"expr": expression, "labels": labels, "source": "doc:9"}]},
        "series": {
            'calls_total{model="a"}': range(20),
            'calls_total{model="b"}': range(20),
            'orders_total{shop="x"}': range(20),
            'idle_total{model="a"}': [0] * 20,
            "queue_length": range(20),
            "late_total": [None] * 7 + [1] * 13,
        },
    }
    for name, (expression, labels) in EXPRESSIONS.items()
}


def result(name: str, status: Status, **evidence: object) -> Facts:
    """Return a result about one of the expressions."""
    expression = EXPRESSIONS[name][0]
    source = Source("docs/shop.md", 9)
    return Facts("query", expression, status, evidence, source)


def test_answers(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A query with series, the documented labels and numbers under load passes; it is asked when the baseline ends."""
    assert facts(query(evidence_of("answers"))) == [result("answers", Status.PASSED, series=2, values=[6.0, 6.0])]


@pytest.mark.parametrize("name", ["empty", "later"])
def test_empty(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """A query that selects or matches nothing under load fails, even if it has an answer later."""
    assert facts(query(evidence_of(name))) == [result(name, Status.FAILED, series=0)]


def test_labels(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A query whose answer lacks a documented label fails."""
    assert facts(query(evidence_of("labels"))) == [result("labels", Status.FAILED, expected=["model"], seen=[[]])]


def test_nan(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A query that divides nothing by nothing under load, or something, fails."""
    assert [facts(query(evidence_of(name))) for name in ("nan", "infinite")] == [
        [result(name, Status.FAILED, series=series, nan=series)] for name, series in (("nan", 1), ("infinite", 2))
    ]


def test_refused(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A query that Prometheus cannot evaluate fails, with Prometheus' own words."""
    [found] = query(evidence_of("refused"))
    assert "duplicate series" in found.evidence["error"]
    assert facts([masked(found, found.evidence["error"])]) == [result("refused", Status.FAILED, error="...")]


def test_remarks(evidence_of: Callable[[str], Evidence]) -> None:
    """A query that Prometheus answers with a remark, such as rate() of what is no counter, fails."""
    if binaries.find("prometheus").release < (3, 0):
        pytest.skip("this Prometheus makes no such remarks")
    [found] = query(evidence_of("remarks"))
    assert (found.status, len(found.evidence["remarks"])) == (Status.FAILED, 1)
