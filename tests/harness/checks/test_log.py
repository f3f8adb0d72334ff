from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.log import log
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf

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


def result(subject: str, status: Status, **evidence: object) -> Facts:
    """Return a result about one promise of the log."""
    return Facts("log", subject, status, evidence, Source("docs/shop.md", SOURCES[subject]))


GOOD = {
    "file": result("file", Status.PASSED, lines=2),
    "JSON line fields": result("JSON line fields", Status.PASSED, lines=2),
    "levels": result("levels", Status.PASSED, levels={"INFO": 1, "ERROR": 1}),
    "no sensitive data": result("no sensitive data", Status.PASSED, planted=1),
}
EXPECTED = {
    "no file": {
        "file": result("file", Status.FAILED, lines=0),
        **{subject: result(subject, Status.INCONCLUSIVE, lines=0) for subject in list(SOURCES)[1:]},
    },
    "empty file": {
        "file": result("file", Status.FAILED, lines=0),
    },
    "not JSON": {"file": result("file", Status.FAILED, line=3, torn=2, lines=4)},
    "NaN": {"file": result("file", Status.FAILED, line=3, torn=1, lines=3)},
    "field lacking": {"JSON line fields": result("JSON line fields", Status.FAILED, lacking={"user_id": 1}, lines=2)},
    "no zone": {"JSON line fields": result("JSON line fields", Status.FAILED, line=3, lines=3)},
    "no such day": {"JSON line fields": result("JSON line fields", Status.FAILED, line=3, lines=3)},
    "never filled": {"JSON line fields": result("JSON line fields", Status.FAILED, empty=["user_id"], lines=2)},
    "other level": {"levels": result("levels", Status.FAILED, levels={"INFO": 1, "ERROR": 1, "WARN": 1})},
    "one level": {"levels": result("levels", Status.INCONCLUSIVE, levels={"INFO": 2})},
    "leak": {"no sensitive data": result("no sensitive data", Status.FAILED, line=3, leaks=1, secrets=[SECRET])},
    "leak in what is no JSON": {
        "no sensitive data": result("no sensitive data", Status.FAILED, line=3, leaks=1, secrets=[SECRET])
    },
    "not planted": {"no sensitive data": result("no sensitive data", Status.INCONCLUSIVE, planted=0)},
}


def test_good(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A log of JSON lines with all fields, documented levels and no secret passes in all four."""
    assert facts(log(evidence_of("good"))) == list(GOOD.values())


@pytest.mark.parametrize("name", EXPECTED)
def test_log(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """What is wrong with a log is found, each under the promise that it breaks."""
    found = facts(one for one in log(evidence_of(name)) if one.subject in EXPECTED[name])
    assert {one.subject: one for one in found} == EXPECTED[name]


def test_no_log(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """Where no document promises a log, none is asked for."""
    assert facts(log(evidence_of("not promised"))) == []
