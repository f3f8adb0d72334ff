from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.cost import cost, differing
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

CONTRACT: dict[str, Any] = {
    "metrics": {
        "bytes_total": {
            "type": "counter",
            "labels": {"type": ["a", "b"]},
            "witness": {"ledger": "s3", "sum": "bytes", "by": {"type": "type"}},
            "source": "doc:7",
        }
    },
}
LEDGERS = {
    "s3": [{"type": name, "bytes": n, "started": 1, "finished": 2} for name, n in (("a", 400), ("a", 200), ("b", 1000))]
}
SERIES = {'bytes_total{type="a"}': [0, 400, 600], 'bytes_total{type="b"}': [0, 1000, 1000]}


def priced(expr: str, **claim: object) -> dict[str, Any]:
    """Return a contract's claim that a thousand bytes cost half a dollar."""
    return {
        "costs": [{"expr": expr, "units": {"bytes_total": 1}, "dollars": 0.5, "per": 1000, "source": "doc:3"} | claim]
    }


# 1600 bytes grow linearly over the whole run, but for its last 3 seconds: increase() over less sees less.
GROWING = {'bytes_total{type="a"}': [min(600, 40 * n) for n in range(21)], 'bytes_total{type="b"}': [0, *[1000] * 20]}
RUNS: dict[str, dict[str, Any]] = {
    "right": {"contract": priced("bytes_total / 1000 * 0.5"), "ledgers": LEDGERS, "series": SERIES},
    "one label": {
        "contract": priced('bytes_total{type="b"} / 1000 * 0.5', where={"type": "b"}),
        "ledgers": LEDGERS,
        "series": SERIES,
    },
    "wrong price": {"contract": priced("bytes_total / 1024 * 0.5"), "ledgers": LEDGERS, "series": SERIES},
    "nothing": {"contract": priced("no_such_total"), "ledgers": LEDGERS, "series": SERIES},
    "idle": {"contract": priced("bytes_total / 1000 * 0.5"), "series": {'bytes_total{type="a"}': [0, 0]}},
    "refused": {"contract": priced("bytes_total + ignoring (type) bytes_total"), "ledgers": LEDGERS, "series": SERIES},
    "estimate": {
        "contract": priced("increase(bytes_total[30s]) / 1000 * 0.5", estimate=True),
        "ledgers": LEDGERS,
        "series": GROWING,
    },
    "estimate of half": {
        "contract": priced("increase(bytes_total[10s]) / 1000 * 0.5", estimate=True),
        "ledgers": LEDGERS,
        "series": GROWING,
    },
}


# Another 600 bytes of which only 480 were seen to grow: a fifth is missing.
SHORT_OF = {'bytes_total{type="a"}': [min(480, 32 * n) for n in range(21)], 'bytes_total{type="b"}': [0, *[1000] * 20]}
ESTIMATED = {"contract": priced("increase(bytes_total[30s]) / 1000 * 0.5", estimate=True), "ledgers": LEDGERS}
RUNS |= {
    "estimate, a fifth off": {**ESTIMATED, "series": SHORT_OF},
    "estimate, a fifth off, scrapes missing": {
        **ESTIMATED,
        "series": {**SHORT_OF, "up": [0 if second in {9, 10} else 1 for second in range(21)]},
    },
    "infinite estimate": {
        **ESTIMATED,
        "contract": priced("increase(bytes_total[30s]) / 0", estimate=True),
        "series": GROWING,
    },
}
PRICES = {"dollars": None, "prices": {"type": {"a": 0.5, "b": 2}}, "subject": "bytes as billed"}
BILLED = 'bytes_total{type="a"} / 1000 * 0.5 or bytes_total{type="b"} / 1000 * 2'
RUNS |= {
    "by label": {"contract": priced(BILLED, **PRICES), "ledgers": LEDGERS, "series": SERIES},
    "one price for all": {
        "contract": priced("bytes_total / 1000 * 0.5", **PRICES),
        "ledgers": LEDGERS,
        "series": SERIES,
    },
    "one price unused": {
        "contract": priced(BILLED, **PRICES),
        "ledgers": {"s3": LEDGERS["s3"][:2]},
        "series": {'bytes_total{type="a"}': [0, 600]},
    },
}


def result(name: str, status: Status, **evidence: object) -> Facts:
    """Return a result about the cost of one run."""
    claim = RUNS[name]["contract"]["costs"][0]
    expression = claim.get("subject") or claim["expr"]
    source = Source("docs/shop.md", 3)
    return Facts("cost", expression, status, evidence, source)


@pytest.mark.parametrize(("name", "dollars"), [("right", 0.8), ("one label", 0.5)])
def test_right(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, dollars: float) -> None:
    """A price that follows from what the ledger saw passes, for all label sets or for those that it names."""
    assert facts(cost(evidence_of(name))) == [result(name, Status.PASSED, expected=dollars, seen=dollars)]


@pytest.mark.parametrize(("name", "seen"), [("wrong price", 0.29296875), ("nothing", 0.0)])
def test_wrong(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, seen: float) -> None:
    """A price of something else fails, with both amounts for the first label set at fault."""
    assert facts(cost(evidence_of(name))) == [result(name, Status.FAILED, expected=0.3, seen=seen)]


def test_idle(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A price of nothing is inconclusive."""
    assert facts(cost(evidence_of("idle"))) == [result("idle", Status.INCONCLUSIVE, expected=0)]


def test_refused(evidence_of: Callable[[str], Evidence]) -> None:
    """An expression that Prometheus cannot evaluate fails."""
    [found] = cost(evidence_of("refused"))
    assert (found.status, "many-to-many" in found.evidence["error"]) == (Status.FAILED, True)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("estimate", Status.PASSED),
        ("estimate of half", Status.FAILED),
        ("estimate, a fifth off", Status.FAILED),
        ("estimate, a fifth off, scrapes missing", Status.PASSED),
        ("infinite estimate", Status.FAILED),
    ],
)
def test_estimate(evidence_of: Callable[[str], Evidence], name: str, status: Status) -> None:
    """An expression over increase() may be off by what Prometheus extrapolates over the longest gap, and by no more."""
    assert [found.status for found in cost(evidence_of(name))] == [status]


def test_by_label(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """Units can have a price for each value of a label; the claim can have a subject of its own."""
    assert facts(cost(evidence_of("by label"))) == [result("by label", Status.PASSED, expected=2.3, seen=2.3)]


def test_one_price_for_all(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """One price where the documents have several fails for the value whose price it is not."""
    assert facts(cost(evidence_of("one price for all"))) == [
        result("one price for all", Status.FAILED, expected=2.0, seen=0.5)
    ]


def test_one_price_unused(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A price at which nothing was used is not proved by the others."""
    assert facts(cost(evidence_of("one price unused"))) == [result("one price unused", Status.INCONCLUSIVE, idle=["b"])]


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_no_number_differs(value: str) -> None:
    """A value that is no number, or not a finite one, differs from every expectation."""
    assert differing({(("type", "a"),): float(value)}, {(("type", "a"),): 1.0}, 0.5) == (("type", "a"),)
