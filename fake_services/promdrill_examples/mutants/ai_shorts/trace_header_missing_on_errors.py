"""X-Trace-ID is on responses of success alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

from promdrill_examples import tracing
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Message, Receive, Scope, Send

METRIC = "X-Trace-ID"
_FIRST_ERROR = 400


def apply() -> None:
    """Break it."""

    @instead_of(tracing.TracingMiddleware, "__call__")
    async def call(
        original: Callable[..., Awaitable[None]], self: object, scope: Scope, get: Receive, send: Send
    ) -> None:
        async def send_less(message: Message) -> None:
            if message.get("status", 0) >= _FIRST_ERROR:
                del MutableHeaders(scope=message)[tracing.TRACE_HEADER]
            await send(message)

        await original(self, scope, get, send_less)
