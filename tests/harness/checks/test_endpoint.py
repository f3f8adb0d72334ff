from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.endpoint import endpoint
from harness.model import Result, Source, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.evidence import Evidence

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


@pytest.mark.parametrize("name", RUNS)
def test_endpoint(evidence_of: Callable[[str], Evidence], name: str) -> None:
    """The endpoint answers 200, as the documented type, and with other numbers after the load."""
    assert list(endpoint(evidence_of(name))) == [EXPECTED[name]]
