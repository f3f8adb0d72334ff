from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.gauge import gauge
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence


def promised(at_least: dict[str, Any], at_most: dict[str, Any], **more: object) -> dict[str, Any]:
    """Return a contract of one gauge between two witnesses."""
    witness = {"at_least": at_least, "at_most": at_most}
    return {"metrics": {"busy": {"type": "gauge", "witness": witness, "source": "doc:6", **more}}}


def row(started: float, finished: float, **columns: object) -> dict[str, Any]:
    """Return a row of a ledger, times in seconds into the run."""
    return {"started": started, "finished": finished, **columns}


SERVED, WAITED = {"ledger": "ollama"}, {"ledger": "client"}
CONTRACT = promised(SERVED, WAITED)
# Two requests, each around a call; a scrape lasts 0.1 s. Live for sure and at most: 0-0 at 2 s, 1-1 at 4 s, 1-2 at 6 s
# (where the second call has begun in mid-scrape), 1-2 at 8 s, 0-0 from 10 s on.
LEDGERS = {
    "ollama": [row(3.2, 6.5), row(6.05, 8.5)],
    "client": [row(3.1, 8.05), row(6.0, 8.6)],
}
LASTED = {"scrape_duration_seconds": [0.1] * 21}
IDLE = "# TYPE busy gauge\nbusy 0\n"


def run(*values: float | None, **more: object) -> dict[str, Any]:
    """Return a run whose gauge has these values at the scrapes of every other second, from 0 on."""
    spread = [value for one in values for value in (one, None)]
    return {"ledgers": LEDGERS, "first": IDLE, "last": IDLE, "series": {"busy": spread, **LASTED}, **more}


RIGHT = (0, 0, 1, 2, 1, 0)
USERS = {
    "contract": promised(
        {"ledger": "client", "distinct": "user", "window": "1h", "limit": 2},
        {"ledger": "client", "distinct": "user", "window": "1h", "limit": 2},
        returns=False,
    ),
    # An hour of the app's calendar is 6 s. Ann is there from 1 to 8 s and at most to 9 s, Bob from 3 s to 8 s.
    "ledgers": {
        "client": [
            row(0.5, 0.9, user="ann"),
            row(2, 3, user="ann"),
            row(2.5, 2.6, user="bob"),
            row(2.5, 2.6, user="cy"),
        ]
    },
    "drill": {"app": {"command": ["python"], "port": 8000, "calendar_rate": 600}},
}
JOBS = {
    "contract": promised(
        {"ledger": "client", "since": "open", "until": "closing", "sum": "jobs"},
        {"ledger": "client", "sum": "jobs"},
    ),
    # One that opened and closed, and one that never did.
    "ledgers": {"client": [row(1, 9, open=1.5, closing=7, jobs=3), row(3, 5, open=None, closing=None, jobs=5)]},
}
LABELLED = {
    "contract": promised(
        {**SERVED, "by": {"model": "model"}}, {**WAITED, "by": {"model": "model"}}, labels={"model": ["a", "b"]}
    ),
    "ledgers": {name: [{**one, "model": "a"} for one in rows] for name, rows in LEDGERS.items()},
    "first": "",
    "last": '# TYPE busy gauge\nbusy{model="b"} 0\n',
}
RUNS: dict[str, dict[str, Any]] = {
    "right": run(*RIGHT),
    "the other bound": run(0, 0, 1, 1, 2, 0),
    "planned a moment earlier": run(
        *RIGHT, ledgers={"ollama": LEDGERS["ollama"], "client": [row(4.102, 8.05), row(3.1, 3.99), row(6.0, 8.6)]}
    ),
    "too high": run(0, 0, 1, 3, 1, 0),
    "too low": run(0, 0, 0, 1, 0, 0),
    "never lowered": run(0, 0, 1, 2, 2, 2, 2),
    "left after the drain": run(*RIGHT, last="# TYPE busy gauge\nbusy 1\n"),
    "left, as promised": run(
        *RIGHT, last="# TYPE busy gauge\nbusy 1\n", contract=promised(SERVED, WAITED, returns=False)
    ),
    "reached": run(*RIGHT, contract=promised(SERVED, WAITED, reaches=2)),
    "one at a time": run(0, 0, 1, 1, 1, 0, contract=promised(SERVED, WAITED, reaches=2)),
    "more than there is": run(*RIGHT, contract=promised(SERVED, WAITED, reaches=3)),
    "absent": run(),
    "NaN": run(0, 0, float("nan"), 2, 1, 0),
    "never held up": run(0, 0, 0, 0, ledgers={"ollama": [row(4.01, 4.02)], "client": [row(4.0, 4.03)]}),
    "no witness": run(contract={"metrics": {"busy": {"type": "gauge", "source": "doc:6"}}}),
    "unknown duration": run(*RIGHT),
    "users": run(0, 1, 2, 2, 2, 0, **USERS),
    "users, one stays": run(0, 1, 2, 2, 2, 1, **USERS),
    "users, no limit": run(0, 1, 3, 2, 2, 0, **USERS),
    "jobs": run(0, 3, 8, 3, 0, 0, **JOBS),
    "jobs, one counted": run(0, 1, 1, 1, 0, 0, **JOBS),
    "labels": run(**{**LABELLED, "series": {'busy{model="a"}': run(*RIGHT)["series"]["busy"], **LASTED}}),
    "labels swapped": run(**{**LABELLED, "series": {'busy{model="b"}': run(*RIGHT)["series"]["busy"], **LASTED}}),
}
RUNS["unknown duration"]["series"].pop("scrape_duration_seconds")


def result(status: Status, **evidence: object) -> Facts:
    """Return a result about the one gauge."""
    return Facts("gauge", "busy", status, evidence, Source("docs/shop.md", 6))


def test_right(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A gauge that lay between its witnesses at every scrape, and is back at its first value, passes."""
    assert facts(gauge(evidence_of("right"))) == [result(Status.PASSED, scrapes=6, highest=2.0, surely_live=1)]


@pytest.mark.parametrize(
    "name",
    [
        "the other bound",
        "reached",
        "planned a moment earlier",
        "left, as promised",
        "unknown duration",
        "users",
        "jobs",
        "labels",
    ],
)
def test_bounds_that_leave_room(evidence_of: Callable[[str], Evidence], name: str) -> None:
    """Whatever the witnesses allow passes: what began in mid-scrape, what stays by its window, what its label says."""
    assert [found.status for found in gauge(evidence_of(name))] == [Status.PASSED]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("too high", {"at": 6.0, "expected": 1, "expected_most": 2, "seen": 3.0, "wrong": 1}),
        ("too low", {"at": 4.0, "expected": 1, "expected_most": 1, "seen": 0.0, "wrong": 2}),
        ("never lowered", {"at": 10.0, "expected": 0, "expected_most": 0, "seen": 2.0, "wrong": 2}),
        (
            "NaN",
            {"at": 4.0, "expected": 1, "expected_most": 1, "seen": pytest.approx(math.nan, nan_ok=True), "wrong": 1},
        ),
        ("users, one stays", {"at": 10.0, "expected": 0, "expected_most": 0, "seen": 1.0, "wrong": 1}),
        ("users, no limit", {"at": 4.0, "expected": 2, "expected_most": 2, "seen": 3.0, "wrong": 1}),
        ("jobs, one counted", {"at": 2.0, "expected": 3, "expected_most": 3, "seen": 1.0, "wrong": 3}),
        (
            "labels swapped",
            {"at": 4.0, "expected": 1, "expected_most": 1, "seen": 0.0, "wrong": 3, "labels": {"model": "a"}},
        ),
    ],
)
def test_wrong(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, first: dict[str, Any]) -> None:
    """A value that cannot be true fails, with when it was, what it could have been, and how often that happened."""
    [found] = facts(gauge(evidence_of(name)))
    assert (found.status, {key: found.evidence[key] for key in first}) == (Status.FAILED, first)


def test_numbers(evidence_of: Callable[[str], Evidence]) -> None:
    """Every number of the message is data too."""
    [found] = gauge(evidence_of("too high"))
    assert found.evidence == {
        "labels": {},
        "expected": 1,
        "expected_most": 2,
        "seen": 3.0,
        "at": 6.0,
        "wrong": 1,
        "scrapes": 6,
        "highest": 3.0,
        "surely_live": 1,
    }


def test_left_after_the_drain(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A gauge that is not back where it was before the load fails, unless it need not be."""
    assert facts(gauge(evidence_of("left after the drain"))) == [
        result(Status.FAILED, expected=0.0, seen=1.0, scrapes=6, highest=2.0, surely_live=1)
    ]


@pytest.mark.parametrize(
    ("name", "status", "numbers"),
    [("one at a time", Status.FAILED, (2, 1)), ("more than there is", Status.INCONCLUSIVE, (3, 2))],
)
def test_concurrency(
    evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, status: Status, numbers: tuple[int, int]
) -> None:
    """A gauge that stays below the known concurrency fails, if the load had it."""
    [found] = facts(gauge(evidence_of(name)))
    assert (found.status, (found.evidence["expected"], found.evidence["seen"])) == (status, numbers)


def test_absent(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A gauge without a single sample fails."""
    assert facts(gauge(evidence_of("absent"))) == [result(Status.FAILED, scrapes=0)]


def test_never_held_up(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A gauge that nothing held up through any scrape is inconclusive: one that never moves would do as well."""
    assert facts(gauge(evidence_of("never held up"))) == [
        result(Status.INCONCLUSIVE, scrapes=4, highest=0.0, surely_live=0)
    ]


def test_no_witness(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A gauge that nothing witnesses is inconclusive, and says so."""
    assert facts(gauge(evidence_of("no witness"))) == [result(Status.INCONCLUSIVE)]
