from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.errata import errata
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf, masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

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
    # The baseline is from 2 to 6, the fault from 6 to 10, the recovery from 10.
    "stopped": [1, 1, 1],
    'ALERTS{alertname="Fires",alertstate="firing"}': [None] * 9 + [1],
    'ALERTS{alertname="Pends",alertstate="pending"}': [None] * 9 + [1],
}
ALERTS = {name: {"expr": "up == 0", "severity": "info", "source": "doc:1"} for name in ("Fires", "Pends", "Silent")}
BY_THE_CLOCK = [{"alert": "Fires", "expr": "time() - calls_total > 1"}]
LAST = "# TYPE calls_total counter\ncalls_total 1\n# TYPE failures_total counter\nfailures_total 1\n"


def run(
    shown_by: object,
    corrected_by: object,
    *,
    table: dict[str, Any] | None = TABLE,
    claims: object = ({"kind": "query", "subject": "documented"},),
    **more: object,
) -> dict[str, Any]:
    """Return a run whose contract has one erratum, in which a second is a minute for the alert Fires."""
    erratum = {
        "id": "shop-1",
        "claims": claims,
        "defect": "wrong-thing",
        "what": "it is wrong",
        "shown_by": shown_by,
        "correction": "do it right",
        "corrected_by": corrected_by,
        "source": "doc:3",
    }
    contract = {"metrics": METRICS, "errata": [erratum], "reference_table": table, "alerts": ALERTS}
    shared = {"ledgers": {"ollama": LEDGER}, "series": SERIES, "last": LAST, "factors": {"Fires": 60}}
    return {"contract": contract, **shared, **more}


DATA = {"data": "calls_total"}
EMPTY = {"empty": "calls_total unless calls_total"}
RIGHT = {"expr": "failures_total / calls_total", "truth": RATIO}
WRONG = {"expr": "failures_total / (calls_total + failures_total)", "truth": RATIO}
REFUSED = "calls_total / ignoring (model) calls_total"
RUNS: dict[str, dict[str, Any]] = {
    "empty": run(EMPTY, DATA),
    "not empty": run({"empty": "calls_total"}, DATA),
    "value": run(WRONG, RIGHT),
    "true value": run(RIGHT, RIGHT),
    "helper": run(CALL, DATA, helpers={"shop-1 shown_by": {"parameters": [], "effect": {"call_seconds_count": 1.0}}}),
    "helper changed": run(
        CALL,
        DATA,
        helpers={"shop-1 shown_by": {"parameters": [], "effect": {"call_seconds_count": 1.0, "call_seconds_sum": 2}}},
    ),
    "helper failed": run(CALL, DATA, helpers={"shop-1 shown_by": {"error": "TypeError: no"}}),
    "missing": run({"missing": ["failures_total"]}, DATA),
    "in the table": run({"missing": ["calls_total"]}, DATA),
    "correction is empty": run(EMPTY, {"data": "calls_total > 1000"}),
    "correction is wrong": run(EMPTY, WRONG),
    "correction refused": run(EMPTY, {"data": REFUSED}),
    "nothing happened": run(EMPTY, RIGHT, ledgers={}, series={'failures_total{model="a"}': [0] * 20}),
    "refused": run({"empty": REFUSED}, DATA),
    "not called": run(CALL, DATA),
    "no values": run({"expr": "no_such_total", "truth": RATIO}, RIGHT),
    "NaN": run({"expr": "failures_total / failures_total", "truth": RATIO}, RIGHT),
    "infinite": run({"expr": "calls_total / 0", "truth": RATIO}, RIGHT),
    "neither can be tried": run(CALL, {"data": REFUSED}),
    "not exposed": run({"missing": ["failures_total", "nowhere_total"]}, DATA),
    "at the end of a phase": run(
        {"empty": "max_over_time(stopped[2s])", "at": "fault"}, {"data": "max_over_time(stopped[2s])", "at": "warm-up"}
    ),
    "at the end of another": run(
        {"empty": "max_over_time(stopped[2s])", "at": "warm-up"},
        {"data": "max_over_time(stopped[2s])", "at": "warm-up"},
    ),
    "nothing to correct": run(EMPTY, None),
    "listed": run({"stated": 3, "listed": ["a", "b"]}, {"stated": 2, "listed": ["a", "b"]}),
    "listed in full": run({"stated": 2, "listed": ["a", "b"]}, DATA),
    "unit": run({"unit_of": "tokens_used"}, {"unit_of": "used_tokens_total"}),
    "unit is there": run({"unit_of": "used_bytes_total"}, DATA),
    "dead links": run({"dead_links": ["nowhere.md"]}, None),
    "missing alert": run({"missing": ["Silent"]}, DATA),
    "alerts": run({"firing": ["Fires"], "silent": ["Silent"], "at": "fault"}, DATA),
    "alert pends": run({"silent": ["Pends"], "at": "fault"}, DATA),
    "alert pends, unscraped": run(
        {"silent": ["Pends"], "at": "fault"}, DATA, series={**SERIES, "up": [1] * 8 + [0, 0] + [1] * 11}
    ),
    "alert pends, unscraped before": run(
        {"silent": ["Pends"], "at": "fault"}, DATA, series={**SERIES, "up": [0, 0] + [1] * 19}
    ),
    "alerts, unscraped": run(
        {"firing": ["Fires"], "silent": ["Silent"], "at": "fault"},
        DATA,
        series={**SERIES, "up": [1] * 8 + [0, 0] + [1] * 11},
    ),
    "alert fired before": run({"firing": ["Fires"], "at": "recovery"}, DATA),
    "slow": run(
        {"alert": "Fires", "since": "fault", "at_least": "2m"}, {"alert": "Fires", "since": "fault", "at_most": "3m"}
    ),
    "not slow": run({"alert": "Fires", "since": "fault", "at_least": "4m"}, DATA),
    "never fired": run({"alert": "Silent", "since": "fault", "at_least": "4m"}, DATA),
    "fires by the clock": run({"firing": ["Fires"], "at": "fault"}, DATA) | {"rules": BY_THE_CLOCK},
    "late by the clock": run({"alert": "Fires", "since": "fault", "at_least": "2m"}, DATA) | {"rules": BY_THE_CLOCK},
    "about no claim": run(EMPTY, DATA, claims=[]),
    "short": run(EMPTY, DATA, short=True),
    "short, of another phase": run({"empty": "max_over_time(stopped[2s])", "at": "fault"}, DATA, short=True),
    "no table": run({"missing": ["failures_total", "calls_total"]}, DATA, table=None),
}


PROOFS = "seen", "corrected"  # what came of them is told in sentences


def result(status: Status) -> Facts:
    """Return a result about the one wrong claim, without what came of its proofs."""
    evidence = {"erratum": "shop-1", "defect": "wrong-thing", "documented": "it is wrong"}
    return Facts("query", "documented", status, evidence, Source("docs/shop.md", 3))


@pytest.mark.parametrize(
    "name",
    [
        "empty",
        "value",
        "helper",
        "missing",
        "missing alert",
        "at the end of a phase",
        "nothing to correct",
        "listed",
        "unit",
        "dead links",
        "alerts",
        "alerts, unscraped",
        "slow",
        "no table",
    ],
)
def test_proved(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """A defect that shows, with a correction that holds, is an erratum of the claim."""
    assert facts(errata(evidence_of(name)), *PROOFS) == [result(Status.ERRATUM)]


@pytest.mark.parametrize(
    "name",
    [
        "not empty",
        "true value",
        "helper changed",
        "in the table",
        "at the end of another",
        "listed in full",
        "unit is there",
        "alert pends",
        "alert pends, unscraped before",
        "alert fired before",
        "not slow",
        "not exposed",
    ],
)
def test_defect_no_longer_shows(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """A defect that does not show fails: the erratum has to go."""
    assert facts(errata(evidence_of(name)), *PROOFS) == [result(Status.FAILED)]


@pytest.mark.parametrize("name", ["correction is empty", "correction is wrong"])
def test_correction_does_not_hold(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """A correction that does not hold fails."""
    assert facts(errata(evidence_of(name)), *PROOFS) == [result(Status.FAILED)]


@pytest.mark.parametrize(
    "name",
    [
        "helper failed",
        "never fired",
        "fires by the clock",
        "late by the clock",
        "not called",
        "no values",
        "NaN",
        "infinite",
        "nothing happened",
    ],
)
def test_untried(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """A proof that cannot be tried, of the defect or of its correction, is inconclusive."""
    assert facts(errata(evidence_of(name)), *PROOFS) == [result(Status.INCONCLUSIVE)]


def test_unscraped(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """What alerts did while scrapes failed is no reason to take an erratum out: the run is in doubt."""
    assert facts(errata(evidence_of("alert pends, unscraped")), *PROOFS) == [result(Status.INCONCLUSIVE)]


@pytest.mark.parametrize(("name", "untried"), [("refused", "seen"), ("correction refused", "corrected")])
def test_refused(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, untried: str) -> None:
    """A proof that Prometheus cannot evaluate cannot be tried, and is told in Prometheus' own words."""
    [found] = errata(evidence_of(name))
    _, prometheus = found.message.split("refuses it: ")
    assert prometheus in found.evidence[untried]
    assert facts([masked(found, prometheus)], *PROOFS) == [result(Status.INCONCLUSIVE)]


def test_neither_can_be_tried(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """Where neither proof can be tried, the defect's is the one that is told first."""
    assert facts(errata(evidence_of("neither can be tried")), *PROOFS) == [result(Status.INCONCLUSIVE)]


def test_about_no_claim(evidence_of: Callable[[str], Evidence]) -> None:
    """A defect of the text itself, that no claim depends on, stands under its own name."""
    [found] = errata(evidence_of("about no claim"))
    assert (found.kind, found.subject, found.status) == ("lint", "shop-1", Status.ERRATUM)


def test_short(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A short run tries the errata of the healthy phase alone."""
    found = [facts(errata(evidence_of(name)), *PROOFS) for name in ("short", "short, of another phase")]
    assert found == [[result(Status.ERRATUM)], []]
