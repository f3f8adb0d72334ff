from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.header import header
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

TRACES = {
    "header": "X-Trace-ID",
    "field": "trace_id",
    "concurrency": 2,
    **{name: {"subject": name, "source": "doc:9"} for name in ("one", "lines", "calls", "journey")},
}
CONTRACT = {"headers": [{"header": "X-Trace-ID", "source": "doc:3"}], "traces": TRACES}
HONOURED = {"headers": [{"header": "X-Trace-ID", "honoured": True, "source": "doc:3"}]}
OTHER = {"headers": [{"header": "X-Region", "source": "doc:3"}]}


def rows(*ids: str | None, sent: str | None = None) -> dict[str, Any]:
    """Return a ledger of a request for each id; the last is refused, and sends an id where one is given."""
    answered = [
        {"action": "buy", "status": 200, "headers": {"x-trace-id": text, "x-region": "eu"} if text else {}}
        for text in ids
    ]
    answered[-1] |= {"status": 422, "sent": {"X-Trace-ID": sent} if sent else {}}
    lasting = {"started": 1.0, "finished": 2.0}
    jobs_of_a_batch, lost = {"action": "job", "outcome": "ok"}, {"action": "buy", "status": 0, "headers": {}}
    return {"client": [{**row, **lasting} for row in (*answered, jobs_of_a_batch, lost)]}


RUNS: dict[str, dict[str, Any]] = {
    "good": {"ledgers": rows("a", "b", "c")},
    "lacking on an error": {"ledgers": rows("a", "b", None)},
    "empty": {"ledgers": rows("a", " ", "c")},
    "repeated": {"ledgers": rows("a", "a", "c")},
    "repeated, as sent": {"ledgers": rows("a", "b", "a", sent="a")},
    "repeated, and no id": {"contract": OTHER, "ledgers": rows("a", "b", "c")},
    "no error": {"ledgers": {"client": rows("a", "b")["client"][:1]}},
    "no load": {},
    "honoured": {"contract": HONOURED, "ledgers": rows("a", "b", "mine", sent="mine")},
    "not honoured": {"contract": HONOURED, "ledgers": rows("a", "b", "c", sent="mine")},
    "not sent": {"contract": HONOURED, "ledgers": rows("a", "b", "c")},
}


def result(status: Status, subject: str = "X-Trace-ID", **evidence: object) -> Facts:
    """Return a result about the header on three responses, one of them an error."""
    numbers = {"responses": 3, "errors": 1, **evidence}
    return Facts("header", subject, status, numbers, Source("docs/shop.md", 3))


EXPECTED = {
    "good": result(Status.PASSED),
    "lacking on an error": result(Status.FAILED, lacking=1),
    "empty": result(Status.FAILED, lacking=1),
    "repeated": result(Status.FAILED, repeated=1),
    "repeated, as sent": result(Status.PASSED),
    "repeated, and no id": result(Status.PASSED, subject="X-Region"),
    "no error": result(Status.INCONCLUSIVE, responses=1, errors=0),
    "no load": result(Status.INCONCLUSIVE, responses=0, errors=0),
    "honoured": result(Status.PASSED),
    "not honoured": result(Status.FAILED, changed=1),
    "not sent": result(Status.INCONCLUSIVE),
}


@pytest.mark.parametrize("name", RUNS)
def test_header(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """A header is on every response, errors too; an id is unique where none was sent, and comes back where one was."""
    assert facts(header(evidence_of(name))) == [EXPECTED[name]]
