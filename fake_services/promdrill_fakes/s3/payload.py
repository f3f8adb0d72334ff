"""Reads a request's body as it arrives, whatever its coding: hashed and kept block by block, never held whole."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from promdrill_fakes.s3.blobs import BLOCK, Blob, Block, Spill
from promdrill_fakes.s3.checksums import (
    ALGORITHMS,
    DEFAULT,
    Digest,
    announced_checksums,
    digest,
    digest_of,
    encode,
    stated_checksums,
    verify,
)
from promdrill_fakes.s3.chunked import Decoder, Seal
from promdrill_fakes.s3.errors import S3Error

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping

    from aiohttp.web import BaseRequest

INLINE = 128 * 1024
"""Up to so many bytes are hashed faster than a thread is asked to."""

_STREAMING = "STREAMING-"
_SHA256_HEX = 64


class Payload:
    """What a body was: its bytes, MD5 (None where nobody wants it), and checksums in base64 by algorithm."""

    def __init__(self, blob: Blob, found: Mapping[str, bytes], names: set[str]) -> None:
        self.blob = blob
        self.md5 = found.get("md5")
        self.checksums = {name: encode(found[name]) for name in ALGORITHMS if name in names}


async def body_chunks(request: BaseRequest) -> AsyncIterator[bytes]:
    """Yield the body as it arrives; a client that waits to be told so is told to send it."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # what the answer's length is counted from
    async for data in request.content.iter_any():
        yield data


class Intent:
    """What a request's headers say of its body: how it is coded, and which digests are wanted of it, to verify or keep.

    If `signed`, its SHA-256 has to be what the headers say; `seal` checks its chunks.
    """

    def __init__(self, headers: Mapping[str, str], seal: Seal | None, *, signed: bool) -> None:
        self._headers = headers
        self._sha256 = headers.get("X-Amz-Content-SHA256", "")
        self._stated = stated_checksums(headers)
        self._names = {*self._stated, *announced_checksums(headers)} or {DEFAULT}
        self._signed = signed and len(self._sha256) == _SHA256_HEX
        chunked = "aws-chunked" in headers.get("Content-Encoding", "") or self._sha256.startswith(_STREAMING)
        self.decoder = Decoder(seal) if chunked else None
        self.digests = {*self._names, *self._others()}

    def _others(self) -> Iterator[str]:
        if self._signed:
            yield "sha256"
        # An ETag tells nothing of bytes that KMS encrypts, so nobody wants their MD5.
        encrypted = self._headers.get("x-amz-server-side-encryption") == "aws:kms"
        if not encrypted or "Content-MD5" in self._headers:
            yield "md5"

    def whole(self, data: bytes) -> Payload:
        """Return the payload of a body that is there as a whole; raises `S3Error`."""
        if self.decoder is not None:
            data = b"".join(self.decoder.feed(data))
        return self.verify(Blob((data,) if data else ()), {name: digest_of(name, data) for name in self.digests})

    def verify(self, blob: Blob, found: Mapping[str, bytes]) -> Payload:
        """Return the payload of a body that has ended, if it is what was stated; raises `S3Error`."""
        said = self._stated
        if self.decoder is not None:
            self.decoder.finish()
            said |= {name: value for name, value in stated_checksums(self.decoder.trailers).items() if name in found}
            if self._headers.get("X-Amz-Decoded-Content-Length", str(len(blob))) != str(len(blob)):
                raise S3Error("IncompleteBody")
        if self._signed and found["sha256"].hex() != self._sha256:
            raise S3Error("XAmzContentSHA256Mismatch")
        verify(said, self._headers.get("Content-MD5"), found)
        return Payload(blob, found, self._names)


async def receive(intent: Intent, body: AsyncIterable[bytes], spill: Spill) -> Payload:
    """Return the payload of a body as it arrives, verified; raises `S3Error`."""
    intake = _Intake(spill, intent.digests)
    async for data in body:
        for piece in (data,) if intent.decoder is None else intent.decoder.feed(data):
            intake.add(piece)
        await intake.keep()
    return intent.verify(*await intake.end())


class _Intake:
    """Takes pieces in, and hashes and stores them by the block, in a thread: the event loop has others to serve."""

    def __init__(self, spill: Spill, names: set[str]) -> None:
        self._spill = spill
        self._digests: dict[str, Digest] = {name: digest(name) for name in names}
        self._segments: list[bytes | Block] = []
        self._pending: list[bytes | memoryview] = []
        self._size = 0

    def add(self, piece: bytes | memoryview) -> None:
        self._pending.append(piece)
        self._size += len(piece)

    async def keep(self) -> None:
        """Store the blocks that are full."""
        if self._size < BLOCK:
            return
        data = memoryview(b"".join(self._pending))
        while len(data) >= BLOCK:
            self._segments.append(await asyncio.to_thread(self._store, data[:BLOCK]))
            data = data[BLOCK:]
        self._pending = [data]
        self._size = len(data)

    async def end(self) -> tuple[Blob, dict[str, bytes]]:
        """Return all that was taken in, and its digests."""
        rest = b"".join(self._pending)
        if self._segments and rest:
            self._segments.append(await asyncio.to_thread(self._store, rest))
        elif len(rest) > INLINE:
            await asyncio.to_thread(self._hash, rest)
            self._segments.append(rest)
        elif rest:
            self._hash(rest)
            self._segments.append(rest)
        return Blob(tuple(self._segments)), {name: each.digest() for name, each in self._digests.items()}

    def _store(self, data: bytes | memoryview) -> Block:
        self._hash(data)
        return Block(self._spill, data)

    def _hash(self, data: bytes | memoryview) -> None:
        for each in self._digests.values():
            each.update(data)
