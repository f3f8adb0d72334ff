from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from promdrill.checks.errata import errata
from promdrill.model import Result, Source, Status

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
BY_THE_CLOCK_SEEN = "Fires cannot be compressed: it reads the clock (time()), which no factor can make faster"
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
SEEN_RIGHT = "failures_total / calls_total gives 2 values, as the ledgers do"
MEND = "mend the proof in the contract, or what it needs"
PROVED = "shop-1: it is wrong; correction: do it right"


@pytest.mark.parametrize(
    ("name", "seen", "corrected"),
    [
        ("empty", SEEN_EMPTY, SEEN_DATA),
        (
            "value",
            "failures_total / (calls_total + failures_total) gives 0.2 for model a, the ledgers 0.25",
            SEEN_RIGHT,
        ),
        ("helper", "Calls.record(duration=0): it moved 1 series, as stated", SEEN_DATA),
        ("missing", "1 of 1 are in no table of the documents, 1 are there", SEEN_DATA),
        ("missing alert", "1 of 1 are in no table of the documents, 1 are there", SEEN_DATA),
        (
            "at the end of a phase",
            "max_over_time(stopped[2s]) returns no series at the end of fault",
            "max_over_time(stopped[2s]) returns 1 series at the end of warm-up",
        ),
        ("nothing to correct", SEEN_EMPTY, "the passage is cut"),
        ("listed", "3 are stated, 2 are listed: a, b", "2 are stated, 2 are listed: a, b"),
        ("unit", "tokens_used ends in 'used', which is no unit", "used_tokens_total ends in 'tokens', which is a unit"),
        ("dead links", "1 of 1 linked files are not there", "the passage is cut"),
        ("alerts", "in fault Fires was firing, Silent was inactive", SEEN_DATA),
        ("alerts, unscraped", "in fault Fires was firing, Silent was inactive", SEEN_DATA),
        (
            "slow",
            "Fires fired 3m after the start of fault, in the rule's own time",
            "Fires fired 3m after the start of fault, in the rule's own time",
        ),
        ("no table", "2 of 2 are in no table of the documents, 2 are there", SEEN_DATA),
    ],
)
def test_proved(evidence_of: Callable[[str], Evidence], name: str, seen: str, corrected: str) -> None:
    """A defect that shows, with a correction that holds, is an erratum of the claim."""
    assert list(errata(evidence_of(name))) == [result(Status.ERRATUM, PROVED, seen, corrected)]


@pytest.mark.parametrize(
    ("name", "seen", "corrected"),
    [
        ("not empty", SEEN_DATA, SEEN_DATA),
        ("true value", SEEN_RIGHT, SEEN_RIGHT),
        ("helper changed", "Calls.record(duration=0): call_seconds_sum expected +0, seen +2", SEEN_DATA),
        ("in the table", "0 of 1 are in no table of the documents, 1 are there", SEEN_DATA),
        (
            "at the end of another",
            "max_over_time(stopped[2s]) returns 1 series at the end of warm-up",
            "max_over_time(stopped[2s]) returns 1 series at the end of warm-up",
        ),
        ("listed in full", "2 are stated, 2 are listed: a, b", SEEN_DATA),
        ("unit is there", "used_bytes_total ends in 'bytes', which is a unit", SEEN_DATA),
        ("alert pends", "in fault Pends was pending", SEEN_DATA),
        ("alert pends, unscraped before", "in fault Pends was pending", SEEN_DATA),
        ("alert fired before", "in recovery Fires was inactive", SEEN_DATA),
        ("not slow", "Fires fired 3m after the start of fault, in the rule's own time", SEEN_DATA),
        ("not exposed", "2 of 2 are in no table of the documents, 1 are there", SEEN_DATA),
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
    ],
)
def test_correction_does_not_hold(evidence_of: Callable[[str], Evidence], name: str, corrected: str) -> None:
    """A correction that does not hold fails."""
    message = f"shop-1: the correction does not hold: {corrected}"
    expected = result(Status.FAILED, message, SEEN_EMPTY, corrected, "mend the correction or the app")
    assert list(errata(evidence_of(name))) == [expected]


@pytest.mark.parametrize(
    ("name", "cause", "seen", "corrected"),
    [
        ("helper failed", "Calls.record(duration=0): TypeError: no", None, SEEN_DATA),
        ("never fired", "Silent did not fire after the start of fault", None, SEEN_DATA),
        ("fires by the clock", BY_THE_CLOCK_SEEN, None, SEEN_DATA),
        ("late by the clock", BY_THE_CLOCK_SEEN, None, SEEN_DATA),
        ("not called", "Calls.record(duration=0): it was not called", None, SEEN_DATA),
        ("no values", "no_such_total gives 0 values, the ledgers 1: nothing to compare", None, SEEN_RIGHT),
        ("NaN", "failures_total / failures_total gives 2 values, the ledgers 1: nothing to compare", None, SEEN_RIGHT),
        ("infinite", "calls_total / 0 gives 2 values, the ledgers 1: nothing to compare", None, SEEN_RIGHT),
        (
            "nothing happened",
            "failures_total / calls_total gives 0 values, the ledgers 0: nothing to compare",
            SEEN_EMPTY,
            None,
        ),
    ],
)
def test_untried(
    evidence_of: Callable[[str], Evidence], name: str, cause: str, seen: str | None, corrected: str | None
) -> None:
    """A proof that cannot be tried, of the defect or of its correction, is inconclusive."""
    message = f"shop-1 could not be tried: {cause}"
    expected = result(Status.INCONCLUSIVE, message, seen or cause, corrected or cause, MEND)
    assert list(errata(evidence_of(name))) == [expected]


def test_unscraped(evidence_of: Callable[[str], Evidence]) -> None:
    """What alerts did while scrapes failed is no reason to take an erratum out: the run is in doubt."""
    cause = "in fault Pends was pending; 2 scrapes in a row had failed"
    message, remedy = f"shop-1 could not be tried: {cause}", "give the run a quieter machine"
    expected = result(Status.INCONCLUSIVE, message, cause, SEEN_DATA, remedy)
    assert list(errata(evidence_of("alert pends, unscraped"))) == [expected]


@pytest.mark.parametrize(("name", "untried"), [("refused", "seen"), ("correction refused", "corrected")])
def test_refused(evidence_of: Callable[[str], Evidence], name: str, untried: str) -> None:
    """A proof that Prometheus cannot evaluate cannot be tried, and is told in Prometheus' own words."""
    [found] = errata(evidence_of(name))
    what = found.message.removeprefix("shop-1 could not be tried: ")
    assert what.startswith("Prometheus refuses it: ")
    told = {"seen": SEEN_EMPTY, "corrected": SEEN_DATA, untried: what}
    assert found == result(Status.INCONCLUSIVE, found.message, **told, remedy=MEND)


def test_neither_can_be_tried(evidence_of: Callable[[str], Evidence]) -> None:
    """Where neither proof can be tried, the defect's is the one that is told first."""
    [found] = errata(evidence_of("neither can be tried"))
    message = "shop-1 could not be tried: Calls.record(duration=0): it was not called"
    assert (found.status, found.message) == (Status.INCONCLUSIVE, message)


def test_about_no_claim(evidence_of: Callable[[str], Evidence]) -> None:
    """A defect of the text itself, that no claim depends on, stands under its own name."""
    [found] = errata(evidence_of("about no claim"))
    assert (found.kind, found.subject, found.status) == ("lint", "shop-1", Status.ERRATUM)


def test_short(evidence_of: Callable[[str], Evidence]) -> None:
    """A short run tries the errata of the healthy phase alone."""
    found = [list(errata(evidence_of(name))) for name in ("short", "short, of another phase")]
    assert found == [[result(Status.ERRATUM, PROVED, SEEN_EMPTY, SEEN_DATA)], []]
