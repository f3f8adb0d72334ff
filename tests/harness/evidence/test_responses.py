from __future__ import annotations

from typing import Any

import pytest

from promdrill.evidence.ledger import Ledgers
from promdrill.evidence.responses import most_at_once, request_header, response_header, responses

ANSWERED: dict[str, Any] = {
    "status": 422,
    "headers": {"x-trace-id": " t1 "},
    "sent": {"x-request-id": "r1"},
    "started": 1.0,
    "finished": 2.0,
}


def test_responses() -> None:
    """Answers with any status are responses; a request that was lost is none, nor is a row that is no request."""
    lost, job = {**ANSWERED, "status": 0}, {"outcome": "ok", "started": 1.0, "finished": 2.0}
    assert responses(Ledgers({"client": [ANSWERED, lost, job]})) == [ANSWERED]


def test_headers() -> None:
    """Headers are found by any case of their name, without the space around them; one that is not there is empty."""
    names = ("X-Trace-ID", "X-Request-ID")
    assert [(response_header(ANSWERED, name), request_header(ANSWERED, name)) for name in names] == [
        ("t1", ""),
        ("", "r1"),
    ]


@pytest.mark.parametrize(
    ("times", "most"),
    [([], 0), ([(1, 2), (2, 3)], 1), ([(1, 3), (2, 4), (2.5, 2.6), (3.5, 5)], 3), ([(1, 1)], 0)],
)
def test_most_at_once(times: list[tuple[float, float]], most: int) -> None:
    """The busiest moment counts; one that begins when another ends was not there with it."""
    assert most_at_once([{"started": start, "finished": finish} for start, finish in times]) == most
