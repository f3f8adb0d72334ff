"""Reads a request's body as it arrives, whatever its coding: hashed and kept block by block, never held whole."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fake_services.s3.blobs import BLOCK, Blob, Block, Spill
from fake_services.s3.checksums import ALGORITHMS, DEFAULT, Digest, announced, coded, digest, stated, verify
from fake_services.s3.chunked import Decoder, Seal
from fake_services.s3.errors import S3Error

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Mapping

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
        self.checksums = {name: coded(found[name]) for name in ALGORITHMS if name in names}


async def sent(request: BaseRequest) -> AsyncIterator[bytes]:
    """Yield the body as it arrives; a client that waits to be told so is told to send it."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # what the answer's length is counted from
    async for data in request.content.iter_any():
        yield data


async def at_hand(data: bytes) -> AsyncIterator[bytes]:
    """Yield a body that is there already."""
    if data:
        yield data


async def receive(
    headers: Mapping[str, str], body: AsyncIterable[bytes], spill: Spill, seal: Seal | None, *, signed: bool
) -> Payload:
    """Return the payload, verified; raises `S3Error`. If `signed`, its SHA-256 has to be what the headers say.

    Up to `INLINE` bytes, nothing is waited for but the body.
    """
    sha256 = headers.get("X-Amz-Content-SHA256", "")
    decoder = None
    if "aws-chunked" in headers.get("Content-Encoding", "") or sha256.startswith(_STREAMING):
        decoder = Decoder(seal)
    said = stated(headers)
    names = {*said, *announced(headers)} or {DEFAULT}
    hashed = {"sha256"} if signed and len(sha256) == _SHA256_HEX else set()
    whole = _Intake(spill, names | hashed | _md5(headers))
    await _read(body, decoder, whole)
    blob, found = await whole.end()
    if decoder is not None:
        decoder.finish()
        said |= {name: value for name, value in stated(decoder.trailers).items() if name in found}
        if headers.get("X-Amz-Decoded-Content-Length", str(len(blob))) != str(len(blob)):
            raise S3Error("IncompleteBody")
    if hashed and found["sha256"].hex() != sha256:
        raise S3Error("XAmzContentSHA256Mismatch")
    verify(said, headers.get("Content-MD5"), found)
    return Payload(blob, found, names)


def _md5(headers: Mapping[str, str]) -> set[str]:
    """Return md5 where it is wanted: an ETag tells nothing of bytes that KMS encrypts."""
    encrypted = headers.get("x-amz-server-side-encryption") == "aws:kms"
    return set() if encrypted and "Content-MD5" not in headers else {"md5"}


async def _read(body: AsyncIterable[bytes], decoder: Decoder | None, whole: _Intake) -> None:
    async for data in body:
        if decoder is None:
            whole.add(data)
        else:
            for piece in decoder.feed(data):
                whole.add(piece)
        await whole.keep()


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
