from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.histogram import Seen, histogram
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

CONTRACT = {
    "metrics": {
        "call_seconds": {
            "type": "histogram",
            "labels": {"model": ["a"]},
            "witness": {"ledger": "ollama", "by": {"model": "model"}},
            "source": "doc:8",
        }
    }
}


def call(trace: str, served: float) -> dict[str, Any]:
    """Return a fake's row of a call that it served for so many seconds."""
    return {"model": "a", "trace": trace, "started": 1.0, "finished": 1.0 + served}


def request(trace: str, waited: float) -> dict[str, Any]:
    """Return the client's row of the request around it."""
    return {"trace": trace, "operation": trace, "started": 1.0, "finished": 1.0 + waited, "model": "a"}


# Four calls; between what was served and what was waited no bucket's edge lies, except for the last one at 1 s.
SERVED = (0.2, 0.3, 0.6, 0.9)
WAITED = (0.25, 0.4, 0.7, 1.1)
LEDGERS = {
    "ollama": [call(str(index), served) for index, served in enumerate(SERVED)],
    "client": [request(str(index), waited) for index, waited in enumerate(WAITED)],
}


def series(count: float = 4, total: float = 2.2, half: float = 2, one: float = 4, inf: float = 4) -> dict[str, Any]:
    """Return a histogram with edges at 0.5 s and 1 s that grew to these numbers."""
    grown = {
        'call_seconds_count{model="a"}': count,
        'call_seconds_sum{model="a"}': total,
        'call_seconds_bucket{model="a",le="0.5"}': half,
        'call_seconds_bucket{model="a",le="1.0"}': one,
        'call_seconds_bucket{model="a",le="+Inf"}': inf,
    }
    return {name: [0, value] for name, value in grown.items()}


RUNS: dict[str, dict[str, Any]] = {
    "true": {"ledgers": LEDGERS, "series": series()},
    "last one slow": {"ledgers": LEDGERS, "series": series(one=3)},
    "one missing": {"ledgers": LEDGERS, "series": series(count=3, total=2, one=3, inf=3)},
    "milliseconds": {"ledgers": LEDGERS, "series": series(total=2200)},
    "constant 0": {"ledgers": LEDGERS, "series": series(total=0)},
    "wrong bucket": {"ledgers": LEDGERS, "series": series(half=3)},
    "all in +Inf": {
        "ledgers": {"ollama": [call("0", 2.0)], "client": [request("0", 2.5)]},
        "series": series(1, 2.2, 0, 0, 1),
    },
    "absent": {"ledgers": LEDGERS, "series": {}},
    "idle": {"series": series(0, 0, 0, 0, 0)},
    "no client": {"ledgers": {**LEDGERS, "client": LEDGERS["client"][1:]}, "series": series()},
    "+Inf alone": {
        "ledgers": LEDGERS,
        "series": {name: values for name, values in series().items() if "le=" not in name or "+Inf" in name},
    },
    "no bucket": {"ledgers": LEDGERS, "series": {n: values for n, values in series().items() if "le=" not in n}},
    "fast clock": {
        "ledgers": {"ollama": [call("0", 0.002)], "client": [request("0", 0.004)]},
        "series": series(1, 0.3, 1, 1, 1),
        "drill": {"app": {"command": ["python"], "port": 8000, "clock_rate": 100}},
    },
}


def witnessed(**witness: object) -> dict[str, Any]:
    """Return a contract whose metric has another witness."""
    promised = CONTRACT["metrics"]["call_seconds"]
    return {"metrics": {"call_seconds": {**promised, "witness": {"by": {"model": "model"}, **witness}}}}


AROUND = {"contract": witnessed(ledger="client", around="ollama"), "ledgers": LEDGERS}
ALONE = {"contract": witnessed(ledger="client"), "ledgers": {"client": LEDGERS["client"]}}
# Four observations of a number that the ledger knows, two in each of the first two buckets.
SIZES = {
    "contract": witnessed(ledger="ollama", sum=["in", "out"]),
    "ledgers": {"ollama": [{**call(str(size), 1), "in": size, "out": 0.25} for size in (0.0, 0.25, 0.5, 0.75)]},
}
RUNS |= {
    "around": {**AROUND, "series": series()},
    "around, too short": {**AROUND, "series": series(total=1.9)},
    "client alone": {**ALONE, "series": series(total=0.01, half=4)},
    "client alone, too long": {**ALONE, "series": series(total=2.7)},
    "sizes": {**SIZES, "series": series(total=2.5)},
    "sizes, sum": {**SIZES, "series": series(total=2.51)},
    "sizes, bucket": {**SIZES, "series": series(total=2.5, half=3)},
    "no witness": {
        "contract": {"metrics": {"call_seconds": {"type": "histogram", "labels": {"model": ["a"]}, "source": "doc:8"}}},
        "ledgers": LEDGERS,
        "series": series(),
    },
}


def failed(**evidence: object) -> Facts:
    """Return the failure of the one series."""
    numbers = {"labels": {"model": "a"}, "ledger": 4, "prometheus": 4, **evidence}
    source = Source("docs/shop.md", 8)
    return Facts("histogram", "call_seconds", Status.FAILED, numbers, source)


def test_true(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A histogram passes when everything in it lies between what was served and what was waited."""
    assert facts(histogram(evidence_of("true"))) == [
        Facts(
            "histogram",
            "call_seconds",
            Status.PASSED,
            {"ledger": 4, "prometheus": 4, "p50": 0.5, "p95": 0.95, "p99": 0.99},
            Source("docs/shop.md", 8),
        )
    ]


@pytest.mark.parametrize("name", ["last one slow", "fast clock"])
def test_bounds_that_leave_room(evidence_of: Callable[[str], Evidence], name: str) -> None:
    """Whatever both witnesses allow passes: either side of an edge, and a clock that runs faster."""
    assert [found.status for found in histogram(evidence_of(name))] == [Status.PASSED]


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("one missing", {"expected": 4, "seen": 3, "prometheus": 3}),
        ("milliseconds", {"expected": pytest.approx(2.0), "expected_most": pytest.approx(2.45), "seen": 2200}),
        ("constant 0", {"expected": pytest.approx(2.0), "expected_most": pytest.approx(2.45), "seen": 0}),
        ("wrong bucket", {"expected": 2, "expected_most": 2, "seen": 3, "le": 0.5}),
        ("all in +Inf", {"expected": 0, "seen": 1, "ledger": 1, "prometheus": 1}),
        ("+Inf alone", {"expected": 0, "seen": 4}),
        ("no bucket", {"expected": 0, "seen": 4}),
    ],
)
def test_false(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, numbers: dict[str, Any]) -> None:
    """A number that cannot be true fails, with what it could have been."""
    assert facts(histogram(evidence_of(name))) == [failed(**numbers)]


def test_absent(evidence_of: Callable[[str], Evidence]) -> None:
    """A histogram without a single sample fails."""
    [found] = histogram(evidence_of("absent"))
    assert (found.status, found.evidence) == (Status.FAILED, {"ledger": 4, "prometheus": None})


def test_idle(evidence_of: Callable[[str], Evidence]) -> None:
    """A histogram of what never happened is inconclusive."""
    [found] = histogram(evidence_of("idle"))
    assert (found.status, found.evidence) == (Status.INCONCLUSIVE, {"ledger": 0})


def test_no_client(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """Operations for which nobody is known to have waited have no upper bound: inconclusive, not passed."""
    assert facts(histogram(evidence_of("no client"))) == [
        Facts("histogram", "call_seconds", Status.INCONCLUSIVE, {"expected": 4, "seen": 3}, Source("docs/shop.md", 8))
    ]


@pytest.mark.parametrize(
    "name",
    ["around", "client alone", "sizes"],
)
def test_witnesses(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """A histogram can be of what the client waited, around a fake or around nothing, or of numbers that are known."""
    [found] = facts(histogram(evidence_of(name)))
    assert (found.status, found.evidence["prometheus"]) == (Status.PASSED, 4)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("around, too short", {"expected": 2, "expected_most": pytest.approx(2.65), "seen": 1.9}),
        ("client alone, too long", {"expected": 0, "expected_most": pytest.approx(2.65), "seen": 2.7}),
        ("sizes, sum", {"expected": 2.5, "seen": 2.51}),
        ("sizes, bucket", {"expected": 2, "expected_most": 2, "seen": 3, "le": 0.5}),
    ],
)
def test_false_by_other_witnesses(
    evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, numbers: dict[str, Any]
) -> None:
    """Each of these witnesses contradicts what cannot be; a number that is known leaves no room at all."""
    assert facts(histogram(evidence_of(name))) == [failed(**numbers)]


def test_no_witness(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A histogram that nothing witnesses is inconclusive, and says so."""
    assert facts(histogram(evidence_of("no witness"))) == [
        Facts("histogram", "call_seconds", Status.INCONCLUSIVE, {}, Source("docs/shop.md", 8))
    ]


@pytest.mark.parametrize(("q", "expected"), [(0.0, 0.0), (0.25, 0.25), (0.5, 0.5), (0.75, 1.0), (0.8, 1.0), (1.0, 1.0)])
def test_quantile(q: float, expected: float) -> None:
    """A quantile is estimated as histogram_quantile does: linear in its bucket, the highest finite edge beyond it."""
    assert Seen(4, 3.0, ((0.5, 2), (1.0, 3), (math.inf, 4))).quantile(q) == expected
