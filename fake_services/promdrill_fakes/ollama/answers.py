"""Answers of Ollama that are no text of a model: JSON, streams of progress, and errors in either API's envelope."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from promdrill_fakes.call import Answer, RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from promdrill_fakes.call import Call

JSON = {"Content-Type": "application/json; charset=utf-8"}
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
LINES = {"Content-Type": "application/x-ndjson"}
BUSY = "server busy, please try again.  maximum pending requests exceeded"
_MESSAGES = {
    400: "bad request",
    404: "model not found",
    500: "llama runner process has terminated",
    503: BUSY,
}
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_ERROR_TYPES = {400: "invalid_request_error", 404: "not_found_error"}


def compact(data: Mapping[str, Any]) -> bytes:
    """Return JSON as Go writes it."""
    return _ENCODER.encode(data).encode()


def line(data: Mapping[str, Any]) -> bytes:
    """Return JSON on a line of its own."""
    return compact(data) + b"\n"


def event(data: Mapping[str, Any]) -> bytes:
    """Return a server-sent event."""
    return b"data: " + compact(data) + b"\n\n"


def as_json(data: Mapping[str, Any], status: int = 200, error: str | None = None, **columns: int) -> Answer:
    """Return an answer in JSON."""
    return Answer(status, JSON, compact(data), columns=columns, error=error)


def error(call: Call, status: int, code: str | None = None, message: str | None = None) -> Answer:
    """Return `{"error": message}`, or OpenAI's envelope.

    Ollama has no codes of its own: one that is given goes into OpenAI's envelope, and to the journal.
    """
    said = message or _MESSAGES.get(status, "internal server error")
    told: Any = said
    if call.route.startswith("v1_"):
        told = {"message": said, "type": _ERROR_TYPES.get(status, "api_error"), "param": None, "code": code}
    return as_json({"error": told}, status, code or said)


def refusal(call: Call, status: int, message: str) -> RefusedError:
    """Return what is raised to refuse a request."""
    return RefusedError(error(call, status, message=message))


def interrupt(call: Call, answer: Answer, message: str) -> Answer:
    """Return a stream that breaks off after its first message with an error; what is not streamed is a 500."""
    if answer.pieces is None:
        return error(call, 500, message=message)
    whole = error(call, 500, message=message).last()
    broken = b"data: " + whole + b"\n\n" if call.route.startswith("v1_") else whole + b"\n"
    return Answer(headers=answer.headers, pieces=_first(answer.pieces), body=broken, error=message)


async def _first(pieces: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece
            return
