"""A connection: requests that nothing has to be waited for are answered here, the rest by aiohttp.

A request with ordinary headers that came whole, in one piece, and whose answer is there at once, needs none of what
aiohttp does for bodies and tasks; nor does one whose body comes later, where it is known before that nothing will have
to be waited for but the body. The first other request of a connection hands it over to aiohttp for good.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from promdrill_fakes.head import parse_head

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill_fakes.call import Call
    from promdrill_fakes.handler import Handler
    from promdrill_fakes.head import Head

_HEAD_END = b"\r\n\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(slots=True)
class _PendingRequest:
    """A request whose body is on its way, and what came of it: its head as that came, and some of its body."""

    head: Head
    call: Call
    start: bytes
    body: bytes


class Connection(asyncio.Protocol):
    """One connection, until it is handed over to the protocol that `aiohttp` makes."""

    def __init__(self, handler: Handler, aiohttp: Callable[[], asyncio.Protocol]) -> None:
        self._handler = handler
        self._aiohttp = aiohttp
        self._transport: asyncio.Transport
        self._begun: _PendingRequest | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer one whole request, or await the rest of its body; else hand the connection over."""
        if self._begun is not None:
            self._continue_body(self._begun, data)
            return
        start, end, body = data.partition(_HEAD_END)
        head = parse_head(start) if end else None
        if head is None or len(body) > head.length or (head.expects and (body or not head.length)):
            self._hand_over(data)
        elif len(body) == head.length:
            if not self._write(self._handler.answer_at_once(head, body)):
                self._hand_over(data)
        elif (call := self._handler.begin(head)) is None:
            self._hand_over(data)
        else:
            self._begun = _PendingRequest(head, call, start + end, body)
            if head.expects:
                self._transport.write(_CONTINUE)

    def connection_lost(self, _error: Exception | None) -> None:
        """Have it journalled if a request was on its way."""
        if self._begun is not None:
            self._handler.record_lost(self._begun.call)

    def pause_writing(self) -> None:
        """Take no more requests while the client does not take their answers."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self._transport.resume_reading()

    def _continue_body(self, begun: _PendingRequest, data: bytes) -> None:
        begun.body = begun.body + data if begun.body else data
        length = begun.head.length
        if len(begun.body) < length:
            return
        self._begun = None
        body, rest = begun.body[:length], begun.body[length:]
        # Where faults came up meanwhile, aiohttp begins anew; that it may say once more "go on" does no harm.
        if not self._write(self._handler.answer_at_once(begun.head, body, begun.call)):
            self._hand_over(begun.start + begun.body)
        elif rest:
            self.data_received(rest)

    def _write(self, answer: bytes | None) -> bool:
        if answer is not None:
            self._transport.write(answer)
        return answer is not None

    def _hand_over(self, data: bytes) -> None:
        successor = self._aiohttp()
        self._transport.set_protocol(successor)
        successor.connection_made(self._transport)
        successor.data_received(data)
