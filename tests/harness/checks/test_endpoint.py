from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from promdrill.checks.endpoint import endpoint
from promdrill.model import Result, Source, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

CONTRACT = {"endpoints": [{"endpoint": "GET /metrics", "content_type": "text/plain", "source": "doc:1"}]}
RUNS: dict[str, dict[str, Any]] = {
    "good": {"first": "calls 1\n", "last": "calls 2\n"},
    "down": {"status": 500, "first": "calls 1\n", "last": "calls 2\n"},
    "html": {"content_type": "text/html; charset=utf-8", "first": "calls 1\n", "last": "calls 2\n"},
    "frozen": {"first": "calls 1\n", "last": "calls 1\n"},
}


def result(status: Status, message: str, remedy: str = "", **evidence: object) -> Result:
    """Return a result about the one endpoint."""
    return Result("endpoint", "GET /metrics", status, message, evidence, Source("docs/shop.md", 1), remedy)


EXPECTED = {
    "good": result(
        Status.PASSED,
        "GET /metrics answered 200 as text/plain, updated by the load",
        content_type="text/plain; version=0.0.4",
    ),
    "down": result(
        Status.FAILED,
        "GET /metrics answered 500 before the load and 500 after it, not 200",
        "look at the app's log in the evidence",
        statuses=[500, 500],
    ),
    "html": result(
        Status.FAILED,
        "GET /metrics answers as 'text/html', not 'text/plain'",
        "send the content type that the client library gives with the text",
        content_type="text/html; charset=utf-8",
    ),
    "frozen": result(
        Status.FAILED,
        "GET /metrics gave the same text before and after the load",
        "render the registry at each request; do not cache it",
        bytes=8,
    ),
}


HEALTH = {"endpoint": "GET /health", "content_type": "application/json", "has": ["status", "of.llm"], "source": "doc:2"}
BODY = '{"status": "ok", "of": {"llm": null}}'


def health(
    status: int = 200, content_type: str = "application/json; charset=utf-8", body: str = BODY
) -> dict[str, Any]:
    """Return a run in which the app was asked for its health and answered so."""
    answer = {"status": status, "headers": {"content-type": content_type}, "body": body}
    return {"contract": {"endpoints": [HEALTH]}, "answers": {"GET /health": answer}}


RUNS |= {
    "healthy": health(),
    "ill": health(503),
    "page": health(content_type="text/html"),
    "key lacking": health(body='{"status": "ok", "of": {}}'),
    "not nested": health(body='{"status": "ok", "of": "llm"}'),
    "not JSON": health(body="ok"),
    "unreachable": {**health(), "answers": {"GET /health": {"error": "ReadTimeout: timed out"}}},
    "not asked": {**health(), "answers": {}},
}


def of_health(status: Status, message: str, remedy: str = "", /, **evidence: object) -> Result:
    """Return a result about the endpoint of health."""
    return Result("endpoint", "GET /health", status, message, evidence, Source("docs/shop.md", 2), remedy)


JSON = {"status": 200, "content_type": "application/json; charset=utf-8"}
EXPECTED |= {
    "healthy": of_health(Status.PASSED, "GET /health answered 200 as application/json with status, of.llm", **JSON),
    "ill": of_health(
        Status.FAILED,
        "GET /health answered 503 on a healthy app",
        "look at the app's log in the evidence",
        **{**JSON, "status": 503},
    ),
    "page": of_health(
        Status.FAILED,
        "GET /health answers as 'text/html', not 'application/json'",
        "send the documented content type",
        **{**JSON, "content_type": "text/html"},
    ),
    **{
        name: of_health(
            Status.FAILED,
            f"the answer of GET /health has no {', '.join(lacking)}",
            "give the answer each documented key, whatever its value",
            **JSON,
            lacking=lacking,
        )
        for name, lacking in {
            "key lacking": ["of.llm"],
            "not nested": ["of.llm"],
            "not JSON": ["status", "of.llm"],
        }.items()
    },
    "unreachable": of_health(
        Status.FAILED,
        "GET /health did not answer: ReadTimeout: timed out",
        "look at the app's log in the evidence",
    ),
    "not asked": of_health(
        Status.FAILED,
        "GET /health did not answer: it was not asked",
        "look at the app's log in the evidence",
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_endpoint(evidence_of: Callable[[str], Evidence], name: str) -> None:
    """The scraped endpoint answers 200 and with other numbers after the load; others have their documented keys."""
    assert list(endpoint(evidence_of(name))) == [EXPECTED[name]]
