"""Structured logs: one JSON object a line, every line with the documented fields, null where there is nothing to say.

What users send (prompts, credentials) and what exceptions say of it is never logged: lines hold ids, numbers and words
of the app's own.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import structlog

from promdrill_examples import tracing

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from structlog.typing import EventDict

FIELDS = (
    "timestamp",
    "level",
    "logger",
    "message",
    "trace_id",
    "request_id",
    "user_id",
    "job_id",
    "batch_id",
    "duration_ms",
    "status_code",
)
_BAD_REQUEST, _SERVER_ERROR = 400, 500
_OF_MONITORING = ("/health", "/metrics")
_log = structlog.get_logger(name="ai_shorts.api")


def configure(file: str) -> TextIO:
    """Have all loggers append to a file, whose folder is made if it is not there; return it: who asks closes it."""
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    log = path.open("a", encoding="utf-8", buffering=1)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.EventRenamer("message"),
            complete,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(log),
    )
    return log


def complete(_: Any, method: str, event: EventDict) -> EventDict:  # noqa: ANN401  structlog wraps any logger
    """Return a line with all fields in their order, and after them what else the event says."""
    ids = {"trace_id": tracing.trace_id.get(), "request_id": tracing.request_id.get()}
    # `get_logger` has a parameter called logger, so that loggers bind their name as `name`.
    return {**dict.fromkeys(FIELDS), "level": method.upper(), "logger": event.pop("name"), **ids, **event}


class RequestLogMiddleware:
    """Logs each request once, when it is over; `now` tells seconds."""

    def __init__(self, app: ASGIApp, now: Callable[[], float]) -> None:
        self._app = app
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        structlog.contextvars.clear_contextvars()
        start, status = self._now(), _SERVER_ERROR

        async def send_noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            _log.log(
                _level(scope["path"], status),
                "Request processed",
                method=scope["method"],
                route=getattr(scope.get("route"), "path_format", None),  # the path itself is what a user sent
                status_code=status,
                duration_ms=milliseconds(self._now() - start),
            )


def milliseconds(seconds: float) -> float:
    """Return a duration as it is logged."""
    return round(seconds * 1000, 3)


def _level(path: str, status: int) -> int:
    if status >= _SERVER_ERROR:
        return logging.ERROR
    if status >= _BAD_REQUEST:
        return logging.WARNING
    return logging.DEBUG if path in _OF_MONITORING else logging.INFO
