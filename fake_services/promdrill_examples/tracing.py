"""Two ids join a request to all that is done for it: taken from the client, or new, and handed to each upstream.

The request id is that of one request; the trace id is that of the whole journey which a client may say it is part of.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    import httpx
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-ID"
TRACE_HEADER = "X-Trace-ID"
request_id: ContextVar[str] = ContextVar("request_id", default="")
trace_id: ContextVar[str] = ContextVar("trace_id", default="")

# An id stands in headers and logs: anything else that a client sends as one is not taken.
_ID = re.compile(r"[\x21-\x7e]{1,128}")
_STARTS = {"http.response.start", "websocket.accept"}


def headers() -> dict[str, str]:
    """Return the ids of the request that is being served, as headers for a call that is made for it."""
    return {TRACE_HEADER: trace_id.get(), HEADER: request_id.get()}


async def pass_on(request: httpx.Request) -> None:
    """Put the ids on a call that is about to be made: an event hook for an asynchronous httpx client."""
    request.headers.update(headers())


class TracingMiddleware:
    """Sets both ids from the request's headers, or to new ones, and returns them on the response, whatever it is.

    An exception that nothing else handled is answered here with 500, since what answers it otherwise wraps this
    middleware and knows no ids; then it goes on to the server, which logs it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        for variable, header in ((request_id, HEADER), (trace_id, TRACE_HEADER)):
            given = asked.get(header, "")
            variable.set(given if _ID.fullmatch(given) else str(uuid4()))
        ids, started = headers(), False

        async def send_with_ids(message: Message) -> None:
            nonlocal started
            if message["type"] in _STARTS:
                started = True
                MutableHeaders(scope=message).update(ids)
            await send(message)

        try:
            await self._app(scope, receive, send_with_ids)
        except Exception as error:
            if scope["type"] == "http" and not started:
                told = {"code": "unhandled", "message": type(error).__name__}
                # The server gives up the connection when the exception reaches it: the client must not use it again.
                await JSONResponse({"error": told}, 500, {"Connection": "close"})(scope, receive, send_with_ids)
            raise
