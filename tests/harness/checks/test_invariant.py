from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.invariant import invariant
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence


def related(expr: str) -> dict[str, Any]:
    """Return a contract with one invariant."""
    return {"invariants": [{"expr": expr, "source": "doc:4"}]}


CALLS = {'calls_total{model="a"}': [*range(20), 20], 'calls_total{model="b"}': [2] * 21}
RUNS: dict[str, dict[str, Any]] = {
    "holds": {
        "contract": related("failures_total <= calls_total"),
        "series": {**CALLS, 'failures_total{model="a"}': [0] * 21, 'failures_total{model="b"}': [1] * 21},
    },
    "breaks for a moment": {
        "contract": related("failures_total <= calls_total"),
        "series": {
            **CALLS,
            'failures_total{model="a"}': [0] * 21,
            'failures_total{model="b"}': [1] * 7 + [3, 3] + [2] * 12,
        },
    },
    "counts not equal": {"contract": related("sum(calls_total) == 22"), "series": CALLS},
    "no partner": {
        "contract": related("failures_total <= calls_total"),
        "series": {**CALLS, 'failures_total{model="c"}': [0] * 21},
    },
    "absent": {"contract": related("failures_total <= calls_total"), "series": CALLS},
    "fewer labels": {
        "contract": related("failures_total <= on (model) calls_total"),
        "series": {**CALLS, 'failures_total{model="a"}': [0] * 21, 'failures_total{model="b"}': [1] * 21},
    },
    "refused": {"contract": related("calls_total <= ignoring (model) calls_total"), "series": CALLS},
}


def result(name: str, status: Status, **evidence: object) -> Facts:
    """Return a result about the invariant of one run."""
    expression = RUNS[name]["contract"]["invariants"][0]["expr"]
    source = Source("docs/shop.md", 4)
    return Facts("invariant", expression, status, evidence, source)


def test_holds(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A relation that holds for every series at every scrape passes."""
    assert facts(invariant(evidence_of("holds"))) == [result("holds", Status.PASSED, expected=42, seen=42)]


def test_holds_by_some_labels(evidence_of: Callable[[str], Evidence]) -> None:
    """A comparison that gives back fewer labels than its left side has is held against the same series."""
    [found] = invariant(evidence_of("fewer labels"))
    assert found.status is Status.PASSED


@pytest.mark.parametrize(
    ("name", "expected", "seen"),
    [("breaks for a moment", 42, 40), ("counts not equal", 21, 1), ("no partner", 21, 0)],
)
def test_breaks(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, expected: int, seen: int) -> None:
    """A relation that breaks at one point, or has nothing to compare with, fails, and says when first and where."""
    assert facts(invariant(evidence_of(name))) == [result(name, Status.FAILED, expected=expected, seen=seen)]


def test_absent(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A relation of a metric that is not there fails: nothing was compared."""
    assert facts(invariant(evidence_of("absent"))) == [result("absent", Status.FAILED, points=0)]


def test_refused(evidence_of: Callable[[str], Evidence]) -> None:
    """A relation that Prometheus cannot evaluate fails."""
    [found] = invariant(evidence_of("refused"))
    assert (found.status, "duplicate series" in found.evidence["error"]) == (Status.FAILED, True)
