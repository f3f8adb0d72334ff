"""Measures every HTTP request, whatever becomes of it: bad input, unknown paths and unhandled exceptions too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.aurea_orchestrator import metrics
from promdrill_examples.aurea_orchestrator.vocabulary import Answer, Endpoint, Method

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

OWN_ENDPOINTS: tuple[str, ...] = ("/health", "/metrics")
"""What monitoring itself asks for; it is not counted as use of the app."""


class MeasuringMiddleware:
    """Records each request when the last of its answer is about to be sent; `now` tells seconds."""

    def __init__(self, app: ASGIApp, now: Callable[[], float]) -> None:
        self._app = app
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["path"] in OWN_ENDPOINTS:
            await self._app(scope, receive, send)
            return
        start, status, ended = self._now(), int(Answer.UNHANDLED), False

        def record() -> None:
            metrics.record_request(method_of(scope), endpoint_of(scope), status, self._now() - start)

        async def send_measured(message: Message) -> None:
            nonlocal status, ended
            if message["type"] == "http.response.start":
                status = message["status"]
            elif not message.get("more_body", False):
                ended = True
                record()
            await send(message)

        try:
            await self._app(scope, receive, send_measured)
        finally:
            if not ended:  # an exception that nothing handled: the server answers with 500 outside of here
                record()


def method_of(scope: Scope) -> str:
    """Return the label for a request's method."""
    return scope["method"] if scope["method"] in tuple(Method) else Method.OTHER


def endpoint_of(scope: Scope) -> str:
    """Return the label for a request's path: the template of its route."""
    return getattr(scope.get("route"), "path_format", Endpoint.UNMATCHED)
