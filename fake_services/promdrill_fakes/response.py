"""Puts an answer on the wire, whole, slowly or cut short, and journals it just before its last byte."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
import time
from contextlib import aclosing
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from aiohttp import HttpVersion11
from aiohttp.http import SERVER_SOFTWARE
from aiohttp.web import StreamResponse

from promdrill_fakes.latency import sleep_until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from promdrill_fakes.call import Answer, Call
    from promdrill_fakes.recorder import Recorder

PIECE = 256 * 1024
"""Bodies above this many bytes are sent in pieces, so that `finished` waits for a slow client."""

_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Cut:
    """Where an answer is cut, in bytes of its body (None: before its headers), and how.

    By a TCP reset, in good order, or by what is no chunk where a chunk should be.
    """

    at: int | None
    how: Literal["reset", "truncated", "malformed_chunk"]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a body leaves: `size` bytes at a time, one piece `every` so many seconds."""

    size: int
    every: float


class _Response(StreamResponse):
    """A response whose headers leave together with the first bytes of its body, in one packet."""

    _send_headers_immediately = False
    piece = PIECE

    async def due(self, _size: int) -> None:
        """Return when so many bytes may leave: at once."""


class _Paced(_Response):
    """A response whose headers leave at once, and its body at a pace."""

    _send_headers_immediately = True

    def __init__(self, pace: Pace, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(status=status, headers=headers)
        self.piece = pace.size
        self._byte_seconds = pace.every / pace.size
        self._free = time.monotonic()

    async def due(self, size: int) -> None:
        """Return when so many bytes may leave: after the time that they take."""
        self._free = max(self._free, time.monotonic()) + size * self._byte_seconds
        await sleep_until(self._free)

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write in pieces, each when it is due."""
        rest = memoryview(data)
        while rest:
            await self.due(len(rest[: self.piece]))
            await super().write(rest[: self.piece])
            rest = rest[self.piece :]


def serialize(answer: Answer) -> bytes:
    """Return an answer that is there as a whole as it goes over the wire, with the headers that aiohttp sends."""
    body = answer.last()
    headers = "".join([f"{name}: {value}\r\n" for name, value in answer.headers.items()])
    if answer.status not in _BODILESS:
        headers += f"Content-Length: {len(body) if answer.length is None else answer.length}\r\n"
    headers += f"Date: {http_date(int(time.time()))}\r\n"
    if "Server" not in answer.headers:
        headers += f"Server: {SERVER_SOFTWARE}\r\n"
    return f"HTTP/1.1 {answer.status} {_PHRASES[answer.status]}\r\n{headers}\r\n".encode() + body


@lru_cache(maxsize=256)
def http_date(second: int) -> str:
    """Return a second since the epoch as headers have it."""
    return formatdate(second, usegmt=True)


async def send(call: Call, answer: Answer, recorder: Recorder, pace: Pace | None = None) -> StreamResponse:
    """Send a whole answer, and journal it just before its last byte."""
    response = (
        _Paced(pace, answer.status, answer.headers) if pace else _Response(status=answer.status, headers=answer.headers)
    )
    if answer.pieces is not None:
        response.content_length = answer.length
        await _prepare(response, call)
        async for piece in answer.pieces:
            await response.write(piece)
        rest = memoryview(answer.last())
    else:
        rest = memoryview(answer.last())
        response.content_length = len(rest) if answer.length is None else answer.length
        await _prepare(response, call)
    while len(rest) > response.piece:
        await response.write(rest[: response.piece])
        rest = rest[response.piece :]
    await response.due(len(rest))
    recorder.record_answer(answer)
    await response.write_eof(bytes(rest))
    return response


async def send_cut(call: Call, answer: Answer, cut: Cut, recorder: Recorder) -> StreamResponse:
    """Send the beginning of an answer and break off.

    An answer that is no longer than the cut loses its last byte, a stream its last message, an answer without a body
    all of itself: a fault that strikes is felt. In good order means that a stream ends as if it were whole, and that
    the connection is closed where a Content-Length promised more. A malformed chunk makes any answer a chunked one.
    """
    response = StreamResponse(status=answer.status, headers=answer.headers)
    body = answer.last() if answer.pieces is None else None
    if cut.at is not None and body != b"" and call.request.method != "HEAD":
        if cut.how == "malformed_chunk" and call.request.version >= HttpVersion11:
            response.enable_chunked_encoding()
        else:
            response.content_length = answer.length if body is None else len(body)
        await _prepare(response, call)
        async for piece in _beginning(answer, body, cut.at):
            await response.write(piece)
    recorder.record_failure(cut.how)
    if cut.how == "reset":
        await _reset(call)
    elif cut.how == "malformed_chunk" and response.prepared and call.request.transport is not None:
        call.request.transport.write(b"no chunk\r\n")
        call.request.transport.close()
    elif response.prepared and response.content_length is None:
        await response.write_eof()
    elif (transport := call.request.transport) is not None:
        transport.close()
    return response


async def _prepare(response: StreamResponse, call: Call) -> StreamResponse:
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
    while transport.get_write_buffer_size() or _unacknowledged_bytes(connection):  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0.001)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _unacknowledged_bytes(connection: socket.socket) -> int:
    (size,) = struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, b"\0" * 4))
    return int(size)
