from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from promdrill.judge import _downgrade_alerts, _downgrade_unseen, judge
from promdrill.model import Coverage, LoadSummary, Result, Status, decide

if TYPE_CHECKING:
    from collections.abc import Callable

    from syrupy.assertion import SnapshotAssertion

    from promdrill.evidence import Evidence

CALLS = {
    "type": "counter",
    "labels": {"model": ["a"]},
    "witness": {"ledger": "ollama", "by": {"model": "model"}},
    "source": "doc:1",
}
CONTRACT: dict[str, Any] = {"metrics": {"calls_total": CALLS}}
TEXT = '# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total{model="a"} '
GOOD: dict[str, Any] = {
    "ledgers": {
        "ollama": [{"model": "a", "started": 1, "finished": 2}] * 3,
        "client": [
            {"user": "BuyUser", "turn": 0, "trace": "1", "started": 1.0, "finished": 2.0, "outcome": "ok"},
            {"user": "BuyUser", "turn": 1, "trace": "2", "started": 2.0, "finished": 5.0, "outcome": "error"},
        ],
    },
    "series": {"up": [1] * 21, 'calls_total{model="a"}': [0, *[3] * 20]},
    "first": f"{TEXT}0\n",
    "last": f"{TEXT}3\n",
}
TARGETS = [{"labels": {"job": "app"}, "scrapeUrl": "http://127.0.0.1:1/metrics", "lastError": ""}]
OFF_BY_ONE = {**GOOD, "series": {"up": [1] * 21, 'calls_total{model="a"}': [0, *[4] * 20]}}
EMPTY = "calls_total unless calls_total"
QUERY = {"queries": [{"expr": EMPTY, "labels": ["model"], "source": "doc:2"}]}
ERRATUM = {
    "id": "shop-1",
    "claims": [{"kind": "query", "subject": "calls_total  unless calls_total"}],
    "defect": "empty",
    "what": "it is empty",
    "shown_by": {"empty": EMPTY},
    "correction": "ask for calls_total",
    "corrected_by": {"data": "calls_total"},
    "source": "doc:3",
}
ALERT = {
    "expr": "calls_total > 1",
    "for": "1m",
    "severity": "info",
    "annotations": {},
    "phase": "fault",
    "receiver": "drill",
    "source": "doc:4",
}
CLOCK = "time() - calls_total > 3600"
LEFT = [{"alert": "High", "expr": CLOCK, "for": "1m"}]


def waiver(until: str) -> dict[str, Any]:
    """Return a contract's waiver of what the counter promises."""
    claim = {"kind": "counter", "subject": "calls_total"}
    return {"waivers": [{"claim": claim, "reason": "known", "until": until}]}


SCRAPED = {
    **GOOD,
    "contract": {"scrape": [{"address": "localhost:8000/metrics", "source": "doc:5"}]},
    "targets": TARGETS,
}
RUNS: dict[str, dict[str, Any]] = {
    "good": GOOD,
    "off by one": OFF_BY_ONE,
    "waived": {**OFF_BY_ONE, "contract": waiver("2999-12-31")},
    "waived once": {**OFF_BY_ONE, "contract": waiver("2001-01-01")},
    "waived needlessly": {**GOOD, "contract": waiver("2999-12-31")},
    "wrong document": {**GOOD, "contract": QUERY},
    "erratum": {**GOOD, "contract": {**QUERY, "errata": [ERRATUM]}},
    "erratum without correction": {
        **GOOD,
        "contract": {**QUERY, "errata": [{**ERRATUM, "corrected_by": {"data": EMPTY}}]},
    },
    "blind": {
        **GOOD,
        "contract": {**QUERY, "scrape": [{"address": "localhost:8000/metrics", "source": "doc:5"}]},
        "series": {"up": [0] * 21},
    },
    "last scrape failed": {**SCRAPED, "series": {"up": [*[1] * 20, 0], 'calls_total{model="a"}': [0, *[2] * 19]}},
    "first scrape failed": {
        **SCRAPED,
        "series": {"up": [0, *[1] * 20], 'calls_total{model="a"}': [None, 0, *[2] * 19]},
    },
    "left uncompressed": {**GOOD, "rules": LEFT, "contract": {"alerts": {"High": {**ALERT, "expr": CLOCK}}}},
    "left uncompressed, waived": {
        **GOOD,
        "rules": LEFT,
        "contract": {
            "alerts": {"High": {**ALERT, "expr": CLOCK}},
            "waivers": [
                {"claim": {"kind": "alert", "subject": "High"}, "reason": "proved elsewhere", "until": "2999-12-31"}
            ],
        },
    },
    "short": {**GOOD, "short": True, "contract": {"alerts": {"High": ALERT}}},
    "undrilled": {
        **GOOD,
        "rules": [{"alert": name, "expr": "up == 2"} for name in ("High", "Other", "Known")],
        "contract": {
            "alerts": {"High": ALERT, "Known": {**ALERT, "phase": None}},
            "errata": [{**ERRATUM, "claims": [{"kind": "alert", "subject": "Known"}]}],
        },
    },
    "inhibited": {
        **GOOD,
        "rules": [{"alert": name, "expr": "up == 2"} for name in ("High", "Other")],
        "contract": {"alerts": {"High": ALERT}},
        "drill": {"phases": [{"name": "fault", "for": "4s", "inhibited": {"Other": "High"}}]},
    },
    "idle": {**GOOD, "ledgers": {}, "series": {"up": [1] * 21, 'calls_total{model="a"}': [0] * 21}},
}


def told(results: tuple[Result, ...]) -> list[tuple[str, str, Status]]:
    """Return what a verdict's results say of which claim, in their order."""
    return [(result.kind, result.subject, result.status) for result in results]


KEPT = [
    ("load", "generator", Status.PASSED),
    ("load", "BuyUser", Status.PASSED),
    ("load", "answers", Status.PASSED),
    ("load", "ledgers", Status.PASSED),
    ("load", "scrapes", Status.PASSED),
    ("exposition", "GET /metrics", Status.PASSED),
    ("metric", "calls_total", Status.PASSED),
]
COUNTED = ("counter", "calls_total", Status.PASSED)
FAILED = ("counter", "calls_total", Status.FAILED)


@pytest.mark.parametrize(
    ("name", "status", "results"),
    [
        ("good", Status.PASSED, [*KEPT, COUNTED]),
        ("off by one", Status.FAILED, [*KEPT, FAILED]),
        ("waived", Status.PASSED, [*KEPT, ("counter", "calls_total", Status.WAIVED)]),
        ("waived once", Status.FAILED, [*KEPT, FAILED]),
        ("waived needlessly", Status.PASSED, [*KEPT, COUNTED]),
        ("wrong document", Status.FAILED, [*KEPT, COUNTED, ("query", EMPTY, Status.FAILED)]),
        (
            "erratum",
            Status.PASSED,
            [*KEPT, COUNTED, ("query", "calls_total  unless calls_total", Status.ERRATUM)],
        ),
        (
            "erratum without correction",
            Status.FAILED,
            [
                *KEPT,
                COUNTED,
                ("query", "calls_total  unless calls_total", Status.FAILED),
                ("query", EMPTY, Status.FAILED),
            ],
        ),
        (
            "blind",
            Status.FAILED,
            [
                *KEPT[:4],
                ("load", "scrapes", Status.INCONCLUSIVE),
                ("scrape", "localhost:8000/metrics", Status.FAILED),
                *KEPT[5:],
                ("counter", "calls_total", Status.INCONCLUSIVE),
                ("query", EMPTY, Status.INCONCLUSIVE),
            ],
        ),
        (
            "last scrape failed",
            Status.INCONCLUSIVE,
            [
                *KEPT[:5],
                ("scrape", "localhost:8000/metrics", Status.PASSED),
                *KEPT[5:],
                ("counter", "calls_total", Status.INCONCLUSIVE),
            ],
        ),
        (
            "first scrape failed",
            Status.FAILED,
            [*KEPT[:5], ("scrape", "localhost:8000/metrics", Status.PASSED), *KEPT[5:], FAILED],
        ),
        ("left uncompressed", Status.INCONCLUSIVE, [*KEPT, COUNTED, ("alert", "High", Status.INCONCLUSIVE)]),
        ("left uncompressed, waived", Status.PASSED, [*KEPT, COUNTED, ("alert", "High", Status.WAIVED)]),
        ("short", Status.PASSED, [*KEPT, COUNTED]),
        (
            "idle",
            Status.INCONCLUSIVE,
            [
                KEPT[0],
                ("load", "BuyUser", Status.INCONCLUSIVE),
                *KEPT[2:],
                ("counter", "calls_total", Status.INCONCLUSIVE),
            ],
        ),
    ],
)
def test_verdict(
    evidence_of: Callable[[str], Evidence], name: str, status: Status, results: list[tuple[str, str, Status]]
) -> None:
    """Errata and waivers stand for what they explain; nothing else is taken away; the worst decides."""
    verdict = judge(evidence_of(name))
    assert (verdict.status, told(verdict.results)) == (status, results)


def test_waived_message(evidence_of: Callable[[str], Evidence], snapshot: SnapshotAssertion) -> None:
    """A waived failure says until when and why; one whose waiver has ended says since when."""
    found = [judge(evidence_of(name)).results[-1].message for name in ("off by one", "waived", "waived once")]
    assert "\n".join(found) == snapshot


def test_coverage(evidence_of: Callable[[str], Evidence]) -> None:
    """Every claim that a check looked at is covered; a short run owns to the alerts that it leaves out."""
    assert judge(evidence_of("erratum")).coverage == Coverage(3, 3, ())
    assert judge(evidence_of("short")).coverage == Coverage(3, 2, ("alert: High",))


def test_undrilled(evidence_of: Callable[[str], Evidence]) -> None:
    """An alert of the rule files that neither a phase nor an erratum is about is named, promised or not."""
    assert judge(evidence_of("undrilled")).coverage.undrilled == ("Other",)
    assert judge(evidence_of("inhibited")).coverage.undrilled == ()


def test_summary(evidence_of: Callable[[str], Evidence]) -> None:
    """A verdict says what was run and how much load there was."""
    evidence = evidence_of("good")
    verdict = judge(evidence)
    assert (verdict.system, verdict.seconds, verdict.evidence) == ("shop", 20.0, str(evidence.folder))
    assert verdict.load == LoadSummary(requests=2, failures=1, rps=0.5)
    assert judge(evidence_of("idle")).load == LoadSummary(0, 0, 0.0)


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ([], Status.INCONCLUSIVE),
        ([Status.PASSED, Status.ERRATUM, Status.WAIVED], Status.PASSED),
        ([Status.PASSED, Status.INCONCLUSIVE], Status.INCONCLUSIVE),
        ([Status.INCONCLUSIVE, Status.FAILED, Status.PASSED], Status.FAILED),
    ],
)
def test_decide(statuses: list[Status], verdict: Status) -> None:
    """A broken promise outweighs not having been able to look, and no results are no pass."""
    assert decide(tuple(Result("load", "x", status, "") for status in statuses)) is verdict


def test_an_unfair_load() -> None:
    """Where users could not keep up, an alert that failed is in doubt, with both reasons; a wrong count is not."""
    alert, counted = (Result(kind, "High", Status.FAILED, "High was late") for kind in ("alert", "counter"))
    short = Result("load", "BuyUser", Status.INCONCLUSIVE, "BuyUser took 2 of 9 due turns", remedy="ask for less")
    message = "High was late; but BuyUser took 2 of 9 due turns"
    doubted = replace(alert, status=Status.INCONCLUSIVE, message=message, remedy="ask for less")
    assert _downgrade_alerts((short, alert, counted), ()) == (short, doubted, counted)
    # What was short in a single phase, for which the others made up, is no result of its own.
    assert _downgrade_alerts((alert, counted), (), [short]) == (doubted, counted)
    assert _downgrade_alerts((short, alert), {short.subject}) == (short, alert)
    assert _downgrade_alerts((replace(short, status=Status.PASSED), alert), ()) == (
        replace(short, status=Status.PASSED),
        alert,
    )


def test_a_lost_witness(snapshot: SnapshotAssertion) -> None:
    """Where a process of the load was lost, what differs from the ledgers is in doubt, and nothing else is."""
    found = [
        Result("load", "generator", Status.INCONCLUSIVE, "lost", evidence={"lost": ["a"]}),
        Result("counter", "calls_total", Status.FAILED, "it grew by 1 more"),
        Result("counter", "jobs_total", Status.PASSED, "it grew by 3"),
        Result("query", "up", Status.FAILED, "it is empty"),
    ]
    in_doubt = _downgrade_unseen(found)[1]
    assert in_doubt.message == snapshot
    in_doubt = replace(found[1], status=Status.INCONCLUSIVE, message=in_doubt.message)
    assert _downgrade_unseen(found) == (found[0], in_doubt, *found[2:])
    kept = replace(found[0], evidence={"lost": []})
    assert _downgrade_unseen([kept, *found[1:]]) == (kept, *found[1:])
