from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.endpoint import endpoint
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf

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


def result(status: Status, **evidence: object) -> Facts:
    """Return a result about the one endpoint."""
    return Facts("endpoint", "GET /metrics", status, evidence, Source("docs/shop.md", 1))


EXPECTED = {
    "good": result(Status.PASSED, content_type="text/plain; version=0.0.4"),
    "down": result(Status.FAILED, statuses=[500, 500]),
    "html": result(Status.FAILED, content_type="text/html; charset=utf-8"),
    "frozen": result(Status.FAILED, bytes=8),
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


def of_health(status: Status, /, **evidence: object) -> Facts:
    """Return a result about the endpoint of health."""
    return Facts("endpoint", "GET /health", status, evidence, Source("docs/shop.md", 2))


JSON = {"status": 200, "content_type": "application/json; charset=utf-8"}
EXPECTED |= {
    "healthy": of_health(Status.PASSED, **JSON),
    "ill": of_health(Status.FAILED, **{**JSON, "status": 503}),
    "page": of_health(Status.FAILED, **{**JSON, "content_type": "text/html"}),
    **{
        name: of_health(Status.FAILED, **JSON, lacking=lacking)
        for name, lacking in {
            "key lacking": ["of.llm"],
            "not nested": ["of.llm"],
            "not JSON": ["status", "of.llm"],
        }.items()
    },
    "unreachable": of_health(Status.FAILED),
    "not asked": of_health(Status.FAILED),
}


@pytest.mark.parametrize("name", RUNS)
def test_endpoint(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """The scraped endpoint answers 200 and with other numbers after the load; others have their documented keys."""
    assert facts(endpoint(evidence_of(name))) == [EXPECTED[name]]
