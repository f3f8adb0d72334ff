from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.errata import errata
from harness.model import Result, Source, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.evidence import Evidence

METRICS = {
    name: {
        "type": "counter",
        "labels": {"model": ["a", "b"]},
        "witness": {"ledger": "ollama", "where": where, "by": {"model": "model"}},
        "source": "doc:1",
    }
    for name, where in (("calls_total", {}), ("failures_total", {"outcome": "error"}))
}
RATIO = {"of": {"failures_total": 1}, "over": {"calls_total": 1}}
TABLE = {"metrics": ["calls_total"], "source": "doc:2"}
CALL = {"helper": "Calls.record", "call": {"duration": 0}, "effect": {"call_seconds_count": 1}}
LEDGER = [
    {"model": model, "outcome": outcome, "started": 1, "finished": 2}
    for model, outcome, count in (("a", "ok", 3), ("a", "error", 1), ("b", "ok", 2))
    for _ in range(count)
]
SERIES = {
    'calls_total{model="a"}': [0, 4] * 10,
    'calls_total{model="b"}': [0, 2] * 10,
    'failures_total{model="a"}': [0, 1] * 10,
    'failures_total{model="b"}': [0, 0] * 10,
}
LAST = "# TYPE calls_total counter\ncalls_total 1\n# TYPE failures_total counter\nfailures_total 1\n"


def run(shown_by: object, corrected_by: object, **more: object) -> dict[str, Any]:
    """Return a run whose contract has one erratum."""
    erratum = {
        "id": "shop-1",
        "claims": [{"kind": "query", "subject": "documented"}],
        "defect": "wrong-thing",
        "what": "it is wrong",
        "shown_by": shown_by,
        "correction": "do it right",
        "corrected_by": corrected_by,
        "source": "doc:3",
    }
    contract = {"metrics": METRICS, "errata": [erratum], "reference_table": TABLE}
    return {"contract": contract, "ledgers": {"ollama": LEDGER}, "series": SERIES, "last": LAST, **more}


DATA = {"data": "calls_total"}
EMPTY = {"empty": "calls_total unless calls_total"}
RIGHT = {"expr": "failures_total / calls_total", "truth": RATIO}
WRONG = {"expr": "failures_total / (calls_total + failures_total)", "truth": RATIO}
RUNS: dict[str, dict[str, Any]] = {
    "empty": run(EMPTY, DATA),
    "not empty": run({"empty": "calls_total"}, DATA),
    "value": run(WRONG, RIGHT),
    "true value": run(RIGHT, RIGHT),
    "helper": run(CALL, DATA, helpers={"shop-1": {"parameters": [], "effect": {"call_seconds_count": 1.0}}}),
    "helper changed": run(
        CALL, DATA, helpers={"shop-1": {"parameters": [], "effect": {"call_seconds_count": 1.0, "call_seconds_sum": 2}}}
    ),
    "helper failed": run(CALL, DATA, helpers={"shop-1": {"error": "TypeError: no"}}),
    "missing": run({"missing": ["failures_total"]}, DATA),
    "in the table": run({"missing": ["calls_total"]}, DATA),
    "correction is empty": run(EMPTY, {"data": "calls_total > 1000"}),
    "correction is wrong": run(EMPTY, WRONG),
    "correction refused": run(EMPTY, {"data": "calls_total / ignoring (model) calls_total"}),
    "nothing happened": run(EMPTY, RIGHT, ledgers={}, series={'failures_total{model="a"}': [0] * 20}),
}


def result(status: Status, message: str, seen: str, corrected: str, remedy: str = "") -> Result:
    """Return a result about the one wrong claim."""
    evidence = {
        "erratum": "shop-1",
        "defect": "wrong-thing",
        "documented": "it is wrong",
        "corrected": f"do it right: {corrected}",
        "seen": seen,
    }
    return Result("query", "documented", status, message, evidence, Source("docs/shop.md", 3), remedy)


SEEN_EMPTY = "calls_total unless calls_total returns no series under load"
SEEN_DATA = "calls_total returns 2 series under load"
PROVED = "shop-1: it is wrong; correction: do it right"


@pytest.mark.parametrize(
    ("name", "seen", "corrected"),
    [
        ("empty", SEEN_EMPTY, SEEN_DATA),
        (
            "value",
            "failures_total / (calls_total + failures_total) gives 0.2 for model a, the ledgers 0.25",
            "failures_total / calls_total gives 2 values, as the ledgers do",
        ),
        ("helper", "Calls.record(duration=0): adds to its count and not to its sum", SEEN_DATA),
        ("missing", "1 of 1 are not in the reference table, 1 are exposed", SEEN_DATA),
    ],
)
def test_proved(evidence_of: Callable[[str], Evidence], name: str, seen: str, corrected: str) -> None:
    """A defect that shows, with a correction that holds, is an erratum of the claim."""
    assert list(errata(evidence_of(name))) == [result(Status.ERRATUM, PROVED, seen, corrected)]


@pytest.mark.parametrize(
    ("name", "seen", "corrected"),
    [
        ("not empty", SEEN_DATA, SEEN_DATA),
        (
            "true value",
            "failures_total / calls_total gives 2 values, as the ledgers do",
            "failures_total / calls_total gives 2 values, as the ledgers do",
        ),
        ("helper changed", "Calls.record(duration=0): call_seconds_sum expected +0, seen +2", SEEN_DATA),
        ("helper failed", "Calls.record(duration=0): TypeError: no", SEEN_DATA),
        ("in the table", "0 of 1 are not in the reference table, 1 are exposed", SEEN_DATA),
    ],
)
def test_defect_no_longer_shows(evidence_of: Callable[[str], Evidence], name: str, seen: str, corrected: str) -> None:
    """A defect that does not show fails: the erratum has to go."""
    message = f"shop-1: the defect no longer shows: {seen}"
    expected = result(Status.FAILED, message, seen, corrected, "take the erratum out of the contract")
    assert list(errata(evidence_of(name))) == [expected]


@pytest.mark.parametrize(
    ("name", "corrected"),
    [
        ("correction is empty", "calls_total > 1000 returns no series under load"),
        (
            "correction is wrong",
            "failures_total / (calls_total + failures_total) gives 0.2 for model a, the ledgers 0.25",
        ),
        ("nothing happened", "failures_total / calls_total gives 0 values, as the ledgers do"),
    ],
)
def test_correction_does_not_hold(evidence_of: Callable[[str], Evidence], name: str, corrected: str) -> None:
    """A correction that does not hold, or that nothing proves, fails."""
    message = f"shop-1: the correction does not hold: {corrected}"
    expected = result(Status.FAILED, message, SEEN_EMPTY, corrected, "mend the correction or the app")
    assert list(errata(evidence_of(name))) == [expected]


def test_correction_refused(evidence_of: Callable[[str], Evidence]) -> None:
    """A correction that Prometheus cannot evaluate does not hold."""
    [found] = errata(evidence_of("correction refused"))
    assert found.status is Status.FAILED
    assert found.evidence["corrected"].startswith("do it right: Prometheus refuses it: ")
