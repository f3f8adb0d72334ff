from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.trace import trace
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

PROMISES = {
    "one": "one request, one trace_id",
    "lines": "every log line of a request carries its trace_id",
    "calls": "trace_id in external API calls",
    "journey": "end to end",
}
SAID = {name: {"subject": PROMISES[name], "source": f"doc:{line}"} for line, name in enumerate(PROMISES, 1)}
LOGS = {
    "path": "app.log",
    "file": SAID["one"],
    "fields": {**SAID["one"], "names": ["trace_id"]},
    "levels": {**SAID["one"], "names": ["INFO"]},
    "secrets": {**SAID["one"], "planted": ["secret"]},
}
CONTRACT = {"logs": LOGS, "traces": {"header": "X-Trace-ID", "field": "trace_id", "concurrency": 2, **SAID}}

Pairs = list[tuple[str | None, str | None]]
# Request and trace id of each log line, and of each call.
GOOD: Pairs = [("r1", "t1"), ("r1", "t1"), ("r2", "t2"), (None, None), ("health", "t9")]
CALLS: Pairs = [("r1", "t1"), ("r2", "t2")]


def run(
    ids: tuple[str, str] = ("t1", "t2"), lines: Pairs = GOOD, calls: Pairs = CALLS, *, apart: bool = False
) -> dict[str, Any]:
    """Return what two requests left behind; they overlap unless they are apart. A call before them is nobody's."""
    times = [(1.0, 3.0), (3.5, 4.0) if apart else (2.0, 4.0)]
    client = [
        {"trace": f"r{number}", "status": 200, "headers": {"x-trace-id": text}, "started": begin, "finished": end}
        for number, (text, (begin, end)) in enumerate(zip(ids, times, strict=True), 1)
    ]
    lost = {"trace": "r3", "status": 0, "headers": {}, "started": 5.0, "finished": 6.0}
    called = [(0.5, None, None), *((1.5, *pair) for pair in calls)]
    ollama = [
        {"seq": seq, "trace": request, "trace_id": text, "started": start, "finished": start + 0.1}
        for seq, (start, request, text) in enumerate(called)
    ]
    log = [json.dumps({"request_id": request, "trace_id": text}) + "\n" for request, text in [*lines, ("r3", "t3")]]
    return {"ledgers": {"client": [*client, lost], "ollama": ollama}, "log": "".join(log)}


RUNS: dict[str, dict[str, Any]] = {
    "good": run(),
    "not promised": {"contract": {"traces": None}},
    "no header": run(("t1", "")),
    "one id": run(("t1", "t1")),
    "another's id": run(lines=[*GOOD, ("r2", "t1")]),
    "no trace id": run(lines=[*GOOD, ("r2", None)]),
    "no request id": run(lines=[*GOOD, (None, "t2")]),
    "one after the other": run(apart=True),
    "no lines": run(lines=[]),
    "a silent request": run(lines=GOOD[:2]),
    "call without an id": run(calls=[*CALLS, (None, None)]),
    "call with another's id": run(calls=[*CALLS, ("r1", "t2")]),
    "no calls": run(calls=[]),
    "no load": {"log": ""},
}


def result(name: str, status: Status, **evidence: object) -> Facts:
    """Return a result about one promise of tracing."""
    line = list(PROMISES).index(name) + 1
    return Facts("trace", PROMISES[name], status, evidence, Source("docs/shop.md", line))


def mixed(name: str, known: int, first: str) -> Facts:
    """Return a failure for one line or call that carries a wrong id."""
    return result(name, Status.FAILED, wrong=1, known=known, first=first)


def journey(lost: int, strange: int, dark: int) -> Facts:
    """Return a failure to follow two responses, by what was not found, what of others was, and who left nothing."""
    return result("journey", Status.FAILED, lost=lost, strange=strange, dark=dark, responses=2)


EXPECTED: dict[str, list[Facts]] = {
    "good": [
        result("one", Status.PASSED, responses=2, at_once=2, lines=3),
        result("lines", Status.PASSED, lines=3),
        result("calls", Status.PASSED, calls=2),
        result("journey", Status.PASSED, responses=2, lines=3, calls=2),
    ],
    "not promised": [],
    "no header": [result("one", Status.FAILED, lacking=1, responses=2, at_once=2)],
    "one id": [
        result("one", Status.FAILED, shared=1, responses=2, at_once=2),
    ],
    "another's id": [
        mixed("one", 4, "log line 6"),
        mixed("lines", 4, "log line 6"),
        journey(1, 1, 0),
    ],
    "no trace id": [
        mixed("lines", 4, "log line 6"),
        journey(1, 0, 0),
    ],
    "no request id": [journey(0, 1, 0)],
    "one after the other": [result("one", Status.INCONCLUSIVE, needed=2, responses=2, at_once=1)],
    "no lines": [
        result("one", Status.INCONCLUSIVE, responses=2, at_once=2),
        result("lines", Status.INCONCLUSIVE, lines=1),
        journey(0, 0, 2),
    ],
    "a silent request": [journey(0, 0, 1)],
    "call without an id": [result("calls", Status.FAILED, bare=1, calls=3)],
    "call with another's id": [
        mixed("calls", 3, "call 3 of ollama"),
        journey(1, 1, 0),
    ],
    "no calls": [
        result("calls", Status.INCONCLUSIVE, calls=0),
        result("journey", Status.INCONCLUSIVE, responses=2),
    ],
    "no load": [result("journey", Status.INCONCLUSIVE, responses=0)],
}
# A run in which several promises break together; elsewhere those that are not named pass.
ALL_BROKEN = {"no header", "one id", "no load"}


@pytest.mark.parametrize("name", RUNS)
def test_trace(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """An id that is shared, mixed up, left out or not passed on breaks just the promises that speak of it."""
    found = list(trace(evidence_of(name)))
    expected = {one.subject: one for one in EXPECTED[name]}
    assert facts(one for one in found if one.subject in expected) == EXPECTED[name]
    if name not in ALL_BROKEN:
        assert {one.subject for one in found if one.status is not Status.PASSED} == {
            one.subject for one in EXPECTED[name] if one.status is not Status.PASSED
        }
