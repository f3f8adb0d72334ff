from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from promdrill.checks.log import log
from promdrill.model import Result, Source, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

SECRET = 'sk-"planted"'
CONTRACT = {
    "logs": {
        "path": "app.log",
        "file": {"subject": "file", "source": "doc:1"},
        "fields": {"subject": "JSON line fields", "names": ["timestamp", "level", "user_id"], "source": "doc:2"},
        "levels": {"subject": "levels", "names": ["INFO", "ERROR"], "source": "doc:3"},
        "secrets": {"subject": "no sensitive data", "planted": [SECRET, "a@example.org"], "source": "doc:4"},
    }
}
SOURCES = {"file": 1, "JSON line fields": 2, "levels": 3, "no sensitive data": 4}
PLANTED = {"client": [{"planted": True, "started": 1.0, "finished": 2.0}]}


def lines(*changes: dict[str, Any]) -> str:
    """Return a log of an INFO line and an ERROR line, and one more for each change to the latter."""
    good = {"timestamp": "2026-01-28T15:30:00.5Z", "level": "ERROR", "user_id": None}
    all_lines = [{**good, "level": "INFO", "user_id": "u1"}, good, *({**good, **change} for change in changes)]
    return "".join(json.dumps(line) + "\n" for line in all_lines)


RUNS: dict[str, dict[str, Any]] = {
    "good": {"log": lines(), "ledgers": PLANTED},
    "no file": {"ledgers": PLANTED},
    "empty file": {"log": "", "ledgers": PLANTED},
    "not JSON": {"log": f"{lines()}Traceback\n[1]\n", "ledgers": PLANTED},
    "NaN": {"log": f'{lines()}{{"duration_ms": NaN}}\n', "ledgers": PLANTED},
    "field lacking": {"log": lines().replace(', "user_id": null', ""), "ledgers": PLANTED},
    "no zone": {"log": lines({"timestamp": "2026-01-28T15:30:00"}), "ledgers": PLANTED},
    "no such day": {"log": lines({"timestamp": "2026-02-31T15:30:00Z"}), "ledgers": PLANTED},
    "never filled": {"log": lines().replace('"u1"', "null"), "ledgers": PLANTED},
    "other level": {"log": lines({"level": "WARN"}), "ledgers": PLANTED},
    "one level": {"log": lines().replace("ERROR", "INFO"), "ledgers": PLANTED},
    "leak": {"log": lines({"message": f"key {SECRET}"}), "ledgers": PLANTED},
    "leak in what is no JSON": {"log": f"{lines()}sent {SECRET}\n", "ledgers": PLANTED},
    "not planted": {"log": lines()},
    "not promised": {"contract": {"logs": None}},
}


def result(subject: str, status: Status, message: str, remedy: str = "", **evidence: object) -> Result:
    """Return a result about one promise of the log."""
    return Result("log", subject, status, message, evidence, Source("docs/shop.md", SOURCES[subject]), remedy)


UNREAD = ("the log has no line that can be read", "see the log file's own result")
PLACE = "configure the file where the document says, relative to the working folder, and create its folder"
FORMATTER = "give every logger the JSON formatter, those of libraries and of the server too; put tracebacks in a field"
REDACT = "log ids and sizes, not what users send; redact in the logging pipeline, before the formatter"
GOOD = {
    "file": result("file", Status.PASSED, "app.log: 2 lines, each one JSON object", lines=2),
    "JSON line fields": result("JSON line fields", Status.PASSED, "2 log lines, each with 3 fields", lines=2),
    "levels": result("levels", Status.PASSED, "levels of 2 log lines: INFO 1, ERROR 1", levels={"INFO": 1, "ERROR": 1}),
    "no sensitive data": result(
        "no sensitive data",
        Status.PASSED,
        "2 secrets sent in 1 requests, none of them in 2 log lines",
        planted=1,
    ),
}
EXPECTED = {
    "no file": {
        "file": result(
            "file",
            Status.FAILED,
            "app.log was not written: the app logged nothing there below its working folder",
            PLACE,
            lines=0,
        ),
        **{subject: result(subject, Status.INCONCLUSIVE, *UNREAD, lines=0) for subject in list(SOURCES)[1:]},
    },
    "empty file": {
        "file": result(
            "file",
            Status.FAILED,
            "app.log is empty: the app logged nothing there below its working folder",
            PLACE,
            lines=0,
        ),
    },
    "not JSON": {
        "file": result(
            "file",
            Status.FAILED,
            "2 of 4 lines of app.log are not one JSON object, the first is line 3, 'Traceback':"
            " Expecting value: line 1 column 1 (char 0)",
            FORMATTER,
            line=3,
            torn=2,
            lines=4,
        )
    },
    "NaN": {
        "file": result(
            "file",
            Status.FAILED,
            "1 of 3 lines of app.log are not one JSON object, the first is line 3, '{\"duration_ms\": NaN}':"
            " NaN is not JSON",
            FORMATTER,
            line=3,
            torn=1,
            lines=3,
        )
    },
    "field lacking": {
        "JSON line fields": result(
            "JSON line fields",
            Status.FAILED,
            "of 2 log lines some lack documented fields: user_id in 1",
            "let the formatter write every field on every line, null where there is nothing to say",
            lacking={"user_id": 1},
            lines=2,
        )
    },
    "no zone": {
        "JSON line fields": result(
            "JSON line fields",
            Status.FAILED,
            "1 of 3 log lines have no RFC 3339 timestamp, the first is line 3: '2026-01-28T15:30:00'",
            "write the time as 2026-01-28T15:30:00Z, with its zone",
            line=3,
            lines=3,
        )
    },
    "no such day": {
        "JSON line fields": result(
            "JSON line fields",
            Status.FAILED,
            "1 of 3 log lines have no RFC 3339 timestamp, the first is line 3: '2026-02-31T15:30:00Z'",
            "write the time as 2026-01-28T15:30:00Z, with its zone",
            line=3,
            lines=3,
        )
    },
    "never filled": {
        "JSON line fields": result(
            "JSON line fields",
            Status.FAILED,
            "of 2 log lines none has a value for user_id",
            "bind the field to the context as soon as its value is known",
            empty=["user_id"],
            lines=2,
        )
    },
    "other level": {
        "levels": result(
            "levels",
            Status.FAILED,
            "log lines have levels that no document names: WARN",
            "write the level as one of INFO, ERROR",
            levels={"INFO": 1, "ERROR": 1, "WARN": 1},
        )
    },
    "one level": {
        "levels": result(
            "levels",
            Status.INCONCLUSIVE,
            "all 2 log lines have the level INFO: nothing else happened",
            "let the users or the faults of the scenario cause something worth a warning",
            levels={"INFO": 2},
        )
    },
    "leak": {
        "no sensitive data": result(
            "no sensitive data",
            Status.FAILED,
            f"the log holds what clients sent in confidence, 1 times: {SECRET!r} on line 3",
            REDACT,
            line=3,
            leaks=1,
            secrets=[SECRET],
        )
    },
    "leak in what is no JSON": {
        "no sensitive data": result(
            "no sensitive data",
            Status.FAILED,
            f"the log holds what clients sent in confidence, 1 times: {SECRET!r} on line 3",
            REDACT,
            line=3,
            leaks=1,
            secrets=[SECRET],
        )
    },
    "not planted": {
        "no sensitive data": result(
            "no sensitive data",
            Status.INCONCLUSIVE,
            "no request of the load is marked `planted`: whether secrets were sent at all is not known",
            "let the users of the scenario send the planted texts, and put `planted` into the context of that request",
            planted=0,
        )
    },
}


def test_good(evidence_of: Callable[[str], Evidence]) -> None:
    """A log of JSON lines with all fields, documented levels and no secret passes in all four."""
    assert list(log(evidence_of("good"))) == list(GOOD.values())


@pytest.mark.parametrize("name", EXPECTED)
def test_log(evidence_of: Callable[[str], Evidence], name: str) -> None:
    """What is wrong with a log is found, each under the promise that it breaks."""
    found = {one.subject: one for one in log(evidence_of(name))}
    assert {subject: found[subject] for subject in EXPECTED[name]} == EXPECTED[name]


def test_no_log(evidence_of: Callable[[str], Evidence]) -> None:
    """Where no document promises a log, none is asked for."""
    assert list(log(evidence_of("not promised"))) == []
