"""The answers that clients got, as their ledger has them: headers, what was sent, how many were under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.conventions import CLIENT_LEDGER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promdrill.evidence.ledger import Ledgers, Row


def responses(ledgers: Ledgers) -> list[Row]:
    """Return the rows of requests that were answered, with any status; one has `headers` and, where given, `sent`."""
    return [row for row in ledgers.rows(CLIENT_LEDGER) if row.get("status") and row.get("headers") is not None]


def response_header(row: Row, header: str) -> str:
    """Return a header of an answer, or nothing."""
    return str(row["headers"].get(header.lower(), "")).strip()


def request_header(row: Row, header: str) -> str:
    """Return a header that the client sent with a request, or nothing."""
    return next((str(text) for name, text in (row.get("sent") or {}).items() if name.lower() == header.lower()), "")


def most_at_once(rows: Iterable[Row]) -> int:
    """Return how many rows were under way at the busiest moment."""
    changes = sorted((time, step) for row in rows for time, step in ((row["started"], 1), (row["finished"], -1)))
    most = now = 0
    for _, step in changes:
        now += step
        most = max(most, now)
    return most
