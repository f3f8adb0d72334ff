from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.counter import counter
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

CONTRACT = {
    "metrics": {
        "calls_total": {
            "type": "counter",
            "labels": {"model": ["a", "b"]},
            "witness": {"ledger": "ollama", "by": {"model": "model"}},
            "source": "doc:7",
        }
    }
}


def calls(**counts: int) -> dict[str, list[dict[str, Any]]]:
    """Return the ledger of a fake that served so many calls of each model."""
    return {"ollama": [{"model": name, "started": 1, "finished": 2} for name, n in counts.items() for _ in range(n)]}


RUNS: dict[str, dict[str, Any]] = {
    "exact": {
        "ledgers": calls(a=3),
        "series": {'calls_total{model="a"}': [5, 6, 8], 'calls_total{model="b"}': [0, 0, 0]},
    },
    "late": {
        "ledgers": calls(a=2, b=4),
        "series": {'calls_total{model="a"}': [0, 1, 2], 'calls_total{model="b"}': [None, 3, 4]},
    },
    "absent at first": {
        "ledgers": calls(a=2),
        "series": {'calls_total{model="a"}': [None, None, 1, 2], 'calls_total{model="b"}': [None, None, 0, 0]},
    },
    "one too many": {
        "ledgers": calls(a=2, b=1),
        "series": {'calls_total{model="a"}': [0, 1, 3], 'calls_total{model="b"}': [0, 1, 1]},
    },
    "undocumented": {
        "ledgers": calls(a=1, c=1, d=1, e=1, f=1),
        "series": {'calls_total{model="a"}': [0, 1], 'calls_total{model="b"}': [0, 0]},
    },
    "reset": {
        "ledgers": calls(a=5),
        "series": {'calls_total{model="a"}': [0, 4, 1, 2, 0], 'calls_total{model="b"}': [0, 0]},
    },
    "another's counts before": {
        "started": 1.5,
        "ledgers": calls(a=2),
        "series": {
            "up": [1, 1, 0, *[1] * 18],
            'calls_total{model="a"}': [7, 8, None, 0, 1, 2],
            'calls_total{model="b"}': [3, 3, None, 0, 0],
        },
    },
    "absent": {"ledgers": calls(a=5), "series": {}},
    "idle": {"ledgers": calls(), "series": {'calls_total{model="a"}': [2, 2]}},
}


def witnessed(**witness: object) -> dict[str, Any]:
    """Return a contract whose counter has another witness."""
    by: dict[str, Any] = {"ledger": "ollama", "by": {"model": "model"}}
    return {"metrics": {"calls_total": {**CONTRACT["metrics"]["calls_total"], "witness": by | witness}}}


TOKENS = {"ollama": [{"model": "a", "tokens": n, "started": 1, "finished": 2} for n in (1, 2, 4, 7)]}
DOLLARS = {"contract": witnessed(sum="tokens", price={"model": {"a": 0.1, "b": 9}}), "ledgers": TOKENS}
IDLE_B = {'calls_total{model="b"}': [0, 0]}
LOOKUPS = {
    "contract": witnessed(ledger="client", less={"ledger": "ollama", "by": {"model": "model"}}),
    "ledgers": {**calls(a=2), "client": calls(a=5, b=1)["ollama"]},
}
RUNS |= {
    "dollars": {**DOLLARS, "series": {'calls_total{model="a"}': [0, 0.1, 0.1 + 0.2 + 0.4 + 0.7], **IDLE_B}},
    "stale price": {**DOLLARS, "series": {'calls_total{model="a"}': [0, 1.4 + 1e-8], **IDLE_B}},
    "less": {**LOOKUPS, "series": {'calls_total{model="a"}': [0, 3], 'calls_total{model="b"}': [0, 1]}},
    "not less": {**LOOKUPS, "series": {'calls_total{model="a"}': [0, 5], 'calls_total{model="b"}': [0, 1]}},
    "fixed": {
        "contract": witnessed(by={}, fixed={"model": "b"}),
        "ledgers": calls(a=3),
        "series": {'calls_total{model="a"}': [0, 0], 'calls_total{model="b"}': [0, 3]},
    },
    "no witness": {
        "contract": {"metrics": {"calls_total": {"type": "counter", "source": "doc:7"}}},
        "series": {"calls_total": [0, 1]},
    },
}


def result(status: Status, **evidence: object) -> Facts:
    """Return a result about the one metric."""
    return Facts("counter", "calls_total", status, evidence, Source("docs/shop.md", 7))


def test_exact(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A counter that grew by what the ledger counted passes, wherever it started, with a series that stayed at 0."""
    assert facts(counter(evidence_of("exact"))) == [
        result(Status.PASSED, idle=[{"model": "b"}], ledger=3, prometheus=3, witness="ollama")
    ]


def test_late(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A series that appears in mid-run grew from 0, so its first event is not lost."""
    assert facts(counter(evidence_of("late"))) == [
        result(Status.PASSED, idle=[], ledger=6, prometheus=6, witness="ollama")
    ]


def test_absent_at_first(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A counter of which the first scrapes have no series at all grew from 0 too."""
    assert facts(counter(evidence_of("absent at first"))) == [
        result(Status.PASSED, idle=[{"model": "b"}], ledger=2, prometheus=2, witness="ollama")
    ]


def test_one_too_many(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A counter that is off by one for one label set fails, and says for which."""
    assert facts(counter(evidence_of("one too many"))) == [
        result(
            Status.FAILED,
            differences=[{"labels": {"model": "a"}, "ledger": 2, "prometheus": 3}],
            ledger=3,
            prometheus=4,
            witness="ollama",
        )
    ]


def test_undocumented(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """What the ledger saw under labels that the counter lacks is missing in it; three are shown, all are data."""
    assert facts(counter(evidence_of("undocumented"))) == [
        result(
            Status.FAILED,
            differences=[{"labels": {"model": name}, "ledger": 1, "prometheus": 0} for name in "cdef"],
            ledger=5,
            prometheus=1,
            witness="ollama",
        )
    ]


def test_reset(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A counter that falls while its process lives is one failure of its own."""
    assert facts(counter(evidence_of("reset"))) == [
        result(Status.FAILED, resets=2, ledger=5, prometheus=6, witness="ollama")
    ]


def test_what_ran_before(evidence_of: Callable[[str], Evidence]) -> None:
    """A Prometheus that was there before the run can hold counts of an app that ended just before it began."""
    (result,) = counter(evidence_of("another's counts before"))
    assert (result.status, result.evidence["prometheus"]) == (Status.PASSED, 2)


def test_absent(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A counter without a single sample fails."""
    assert facts(counter(evidence_of("absent"))) == [result(Status.FAILED, ledger=5, prometheus=None)]


def test_idle(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A counter of what never happened is inconclusive, not passed."""
    assert facts(counter(evidence_of("idle"))) == [
        result(Status.INCONCLUSIVE, ledger=0, prometheus=0, witness="ollama")
    ]


@pytest.mark.parametrize(("name", "grown"), [("dollars", 1.4), ("less", 4), ("fixed", 3)])
def test_computed(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, grown: float) -> None:
    """A counter can be of priced units, of one selection less another, and have a label that is always the same."""
    [found] = facts(counter(evidence_of(name)))
    assert (found.status, found.evidence["prometheus"]) == (Status.PASSED, pytest.approx(grown))


@pytest.mark.parametrize(
    ("name", "difference"),
    [
        ("stale price", {"ledger": pytest.approx(1.4), "prometheus": 1.4 + 1e-8}),
        ("not less", {"ledger": 3, "prometheus": 5}),
    ],
)
def test_computed_and_wrong(
    evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, difference: dict[str, float]
) -> None:
    """Dollars that are off by more than an order of additions makes fail, and so does a sum without what is less."""
    [found] = facts(counter(evidence_of(name)))
    assert (found.status, found.evidence["differences"]) == (
        Status.FAILED,
        [{"labels": {"model": "a"}, **difference}],
    )


def test_no_witness(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A counter that nothing witnesses is inconclusive, and says so."""
    assert facts(counter(evidence_of("no witness"))) == [result(Status.INCONCLUSIVE)]
