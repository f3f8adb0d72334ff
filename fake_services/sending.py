"""Puts an answer on the wire, whole or cut short, and journals it just before its last byte."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aiohttp.web import StreamResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fake_services.call import Answer, Call
    from fake_services.exchange import Recorder

PIECE = 256 * 1024
"""Bodies above this many bytes are sent in pieces, so that `finished` waits for a slow client."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where an answer is cut, in bytes of its body (None: before its headers), and how: TCP reset, or good order."""

    at: int | None
    how: Literal["reset", "truncated"]


class _Response(StreamResponse):
    """A response whose headers leave together with the first bytes of its body, in one packet."""

    _send_headers_immediately = False


async def send(call: Call, answer: Answer, recorder: Recorder) -> StreamResponse:
    """Send a whole answer, and journal it just before its last byte."""
    if answer.pieces is not None:
        response = await _prepared(_Response(status=answer.status, headers=answer.headers), call)
        async for piece in answer.pieces:
            await response.write(piece)
        rest = memoryview(answer.last())
    else:
        rest = memoryview(answer.last())
        response = _Response(status=answer.status, headers=answer.headers)
        response.content_length = len(rest) if answer.length is None else answer.length
        await _prepared(response, call)
    while len(rest) > PIECE:
        await response.write(rest[:PIECE])
        rest = rest[PIECE:]
    recorder.answered(answer)
    await response.write_eof(bytes(rest))
    return response


async def send_cut(call: Call, answer: Answer, cut: Cut, recorder: Recorder) -> StreamResponse:
    """Send the beginning of an answer and break off.

    An answer that is no longer than the cut loses its last byte, a stream its last message, an answer without a body
    all of itself: a fault that strikes is felt. In good order means that a stream ends as if it were whole, and that
    the connection is closed where a Content-Length promised more.
    """
    response = StreamResponse(status=answer.status, headers=answer.headers)
    body = answer.last() if answer.pieces is None else None
    if cut.at is not None and body != b"" and call.request.method != "HEAD":
        response.content_length = None if body is None else len(body)
        await _prepared(response, call)
        async for piece in _beginning(answer, body, cut.at):
            await response.write(piece)
    recorder.failed(cut.how)
    if cut.how == "reset":
        await _reset(call)
    elif response.prepared and body is None:
        await response.write_eof()
    elif (transport := call.request.transport) is not None:
        transport.close()
    return response


async def _prepared(response: StreamResponse, call: Call) -> StreamResponse:
    call.status = response.status
    await response.prepare(call.request)
    return response


async def _beginning(answer: Answer, body: bytes | None, left: int) -> AsyncIterator[bytes]:
    if answer.pieces is not None:
        async with aclosing(answer.pieces):
            async for piece in answer.pieces:
                yield piece[:left]
                left -= len(piece)
                if left <= 0:
                    return
        last = answer.last()
        yield last[:left] if left < len(last) - 1 else b""
    elif body is not None:
        yield body[: min(left, len(body) - 1)]


async def _reset(call: Call) -> None:
    """Let what was written arrive, then reset the connection: RST, not FIN."""
    transport = call.request.transport
    if transport is None:
        return
    connection: socket.socket = transport.get_extra_info("socket")
    while transport.get_write_buffer_size() or _unacknowledged(connection):  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0.001)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _unacknowledged(connection: socket.socket) -> int:
    (size,) = struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, b"\0" * 4))
    return int(size)
