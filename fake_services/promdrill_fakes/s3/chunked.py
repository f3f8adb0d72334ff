"""aws-chunked bodies: how the AWS SDKs send a payload whose checksum follows it as a trailer."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

from promdrill_fakes.s3.errors import S3Error

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_LINE = 8192
_END = b"\r\n"


class Seal(Protocol):
    """Who checks that chunks and trailers are signed, each over the signature before it."""

    def chunk(self, sha256: str, signature: str) -> None:
        """Return if the next chunk may be believed; raises `S3Error` SignatureDoesNotMatch."""

    def trailer(self, lines: bytes, signature: str) -> None:
        """Return if the trailers may be believed; raises `S3Error` SignatureDoesNotMatch."""


class Decoder:
    r"""Takes a body as it arrives and gives its payload; raises `S3Error` IncompleteBody or InvalidRequest.

    A chunk is `SIZE[;chunk-signature=…]\r\nDATA\r\n`, sizes are hexadecimal; one of size 0 ends the payload, and
    `trailers` (names in lower case) follow it up to an empty line.
    """

    def __init__(self, seal: Seal | None = None) -> None:
        self.trailers: dict[str, str] = {}
        self._seal = seal
        self._signature = ""
        self._hash = hashlib.sha256()
        self._held = b""
        self._left = 0
        self._ended = False
        self._whole = False
        self._closing = False

    def feed(self, data: bytes) -> Iterator[memoryview]:
        """Yield the payload in this piece of the body."""
        view = memoryview(self._held + data if self._held else data)
        self._held = b""
        while view:
            if self._left:
                piece, view = view[: self._left], view[self._left :]
                self._left -= len(piece)
                if self._seal is not None:
                    self._hash.update(piece)
                yield piece
                self._closing = not self._left
                continue
            line, view = self._line(view)
            if line is None:
                return
            self._take(line)

    def finish(self) -> None:
        """Return if the body was whole; raises `S3Error`."""
        if not self._whole:
            raise S3Error("IncompleteBody")
        if self._seal is not None and self.trailers:
            signature = self.trailers.pop("x-amz-trailer-signature", "")
            lines = "".join(f"{name}:{value}\n" for name, value in self.trailers.items())
            self._seal.trailer(lines.encode("latin-1"), signature)

    def _line(self, view: memoryview) -> tuple[bytes | None, memoryview]:
        start = bytes(view[:_MAX_LINE])
        end = start.find(_END)
        if end < 0 and len(start) == _MAX_LINE:
            raise S3Error("InvalidRequest", "The chunk header is too long")
        if end < 0:
            self._held = start
            return None, view
        return start[:end], view[end + len(_END) :]

    def _take(self, line: bytes) -> None:
        if self._ended:
            name, _, value = line.decode("latin-1").partition(":")
            if name:
                self.trailers[name.strip().lower()] = value.strip()
            self._whole = not line
        elif self._closing:
            self._close(line)
        else:
            digits, _, extension = line.partition(b";")
            self._left = _size(digits)
            self._signature = extension.decode("latin-1").partition("chunk-signature=")[2].strip()
            if not self._left:
                self._verify_seal()
                self._ended = True

    def _close(self, line: bytes) -> None:
        """Take the line end after a chunk's data."""
        if line:
            raise S3Error("IncompleteBody")
        self._closing = False
        self._verify_seal()

    def _verify_seal(self) -> None:
        if self._seal is not None:
            self._seal.chunk(self._hash.hexdigest(), self._signature)
            self._hash = hashlib.sha256()


def _size(digits: bytes) -> int:
    if not digits or len(digits) > 16 or digits.strip(b"0123456789abcdefABCDEF"):  # noqa: PLR2004 - 64 bits
        raise S3Error("InvalidRequest", "The chunk size is not a hexadecimal number")
    return int(digits, 16)
