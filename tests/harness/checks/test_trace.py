from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from promdrill.checks.trace import trace
from promdrill.model import Result, Source, Status

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


def result(name: str, status: Status, message: str, remedy: str = "", **evidence: object) -> Result:
    """Return a result about one promise of tracing."""
    line = list(PROMISES).index(name) + 1
    return Result("trace", PROMISES[name], status, message, evidence, Source("docs/shop.md", line), remedy)


CONTEXT = "keep ids in context variables, set for each request, never in a global; give tasks a copy of the context"
CARRY = "log each request at least once, and carry its ids to all that is done for it, in the background too"


def mixed(name: str, what: str, wrong: str, known: int, first: str) -> Result:
    """Return a failure for one line or call that carries a wrong id."""
    return result(
        name,
        Status.FAILED,
        f"1 of {known} {what} carry another trace id than the response to their request, or none: {wrong}",
        CONTEXT,
        wrong=1,
        known=known,
        first=first,
    )


def journey(lost: str, strange: str, dark: str) -> Result:
    """Return a failure to follow two responses, by what is said of each number."""
    counts = {name: int(text[0]) for name, text in (("lost", lost), ("strange", strange), ("dark", dark))}
    return result(
        "journey",
        Status.FAILED,
        f"from 2 responses by their X-Trace-ID: {lost[0]} log lines and calls of their requests are not"
        f" found{lost[1:]}, {strange[0]} of others are{strange[1:]}, {dark[0]} requests left no log line{dark[1:]}",
        CARRY,
        **counts,
        responses=2,
    )


EXPECTED: dict[str, list[Result]] = {
    "good": [
        result(
            "one",
            Status.PASSED,
            "2 responses, each with a X-Trace-ID of its own; 3 log lines pair it with the right request, 2 at once",
            responses=2,
            at_once=2,
            lines=3,
        ),
        result("lines", Status.PASSED, "3 log lines of requests, each with the trace_id of its response", lines=3),
        result("calls", Status.PASSED, "2 calls to other services carry the X-Trace-ID of their response", calls=2),
        result(
            "journey",
            Status.PASSED,
            "from 2 responses, each X-Trace-ID finds all and only its request's 3 log lines and 2 calls",
            responses=2,
            lines=3,
            calls=2,
        ),
    ],
    "not promised": [],
    "no header": [
        result(
            "one",
            Status.FAILED,
            "1 of 2 responses have no X-Trace-ID: they cannot be followed",
            "set it in a middleware that wraps all others",
            lacking=1,
            responses=2,
            at_once=2,
        )
    ],
    "one id": [
        result(
            "one",
            Status.FAILED,
            "2 responses have the same X-Trace-ID, 't1'",
            "make a new id for each request, and keep it in a context variable",
            shared=1,
            responses=2,
            at_once=2,
        ),
    ],
    "another's id": [
        mixed("one", "log lines", "log line 6 of request r2 has 't1', the response 't2'", 4, "log line 6"),
        mixed("lines", "log lines", "log line 6 of request r2 has 't1', the response 't2'", 4, "log line 6"),
        journey("1 (the first: log line 6)", "1 (the first: log line 6)", "0"),
    ],
    "no trace id": [
        mixed("lines", "log lines", "log line 6 of request r2 has '', the response 't2'", 4, "log line 6"),
        journey("1 (the first: log line 6)", "0", "0"),
    ],
    "no request id": [journey("0", "1 (the first: log line 6)", "0")],
    "one after the other": [
        result(
            "one",
            Status.INCONCLUSIVE,
            "at most 1 requests were under way at once; to tell their ids apart takes 2",
            "give the scenario more users at once, or a slower fake",
            needed=2,
            responses=2,
            at_once=1,
        )
    ],
    "no lines": [
        result(
            "one",
            Status.INCONCLUSIVE,
            "no log line carries both request_id and trace_id of a request of the load",
            "honour X-Request-ID and write both ids on each line",
            responses=2,
            at_once=2,
        ),
        result(
            "lines",
            Status.INCONCLUSIVE,
            "no log line has the request_id of a request of the load",
            "honour X-Request-ID and write it on each line",
            lines=1,
        ),
        journey("0", "0", "2 (the first: r1)"),
    ],
    "a silent request": [journey("0", "0", "1 (the first: r2)")],
    "call without an id": [
        result(
            "calls",
            Status.FAILED,
            "1 of 3 calls to other services carry no X-Trace-ID, the first is call 3 of ollama",
            "pass the trace id on as a header with every call, by a hook of the HTTP client",
            bare=1,
            calls=3,
        )
    ],
    "call with another's id": [
        mixed("calls", "calls", "call 3 of ollama of request r1 has 't2', the response 't1'", 3, "call 3 of ollama"),
        journey("1 (the first: call 3 of ollama)", "1 (the first: call 3 of ollama)", "0"),
    ],
    "no calls": [
        result(
            "calls",
            Status.INCONCLUSIVE,
            "no call to another service belongs to a request of the load",
            "pass X-Request-ID on with every call, and have the users cause some",
            calls=0,
        ),
        result(
            "journey",
            Status.INCONCLUSIVE,
            "no call to another service belongs to a response of the load: there is no journey to follow",
            "have the users cause calls",
            responses=2,
        ),
    ],
    "no load": [
        result(
            "journey",
            Status.INCONCLUSIVE,
            "no response has X-Trace-ID: there is nothing to follow",
            "see the header's own result",
            responses=0,
        )
    ],
}
# A run in which several promises break together; elsewhere those that are not named pass.
ALL_BROKEN = {"no header", "one id", "no load"}


@pytest.mark.parametrize("name", RUNS)
def test_trace(evidence_of: Callable[[str], Evidence], name: str) -> None:
    """An id that is shared, mixed up, left out or not passed on breaks just the promises that speak of it."""
    found = list(trace(evidence_of(name)))
    expected = {one.subject: one for one in EXPECTED[name]}
    assert [one for one in found if one.subject in expected] == EXPECTED[name]
    if name not in ALL_BROKEN:
        assert {one.subject for one in found if one.status is not Status.PASSED} == {
            one.subject for one in EXPECTED[name] if one.status is not Status.PASSED
        }
