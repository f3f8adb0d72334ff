"""Checksums and ETags of objects, as S3 has them."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Protocol

from awscrt import checksums as crt

from promdrill_fakes.s3.errors import S3Error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

PREFIX = "x-amz-checksum-"
DEFAULT = "crc64nvme"
"""What S3 computes where a client states no checksum."""

_SUMS: Mapping[str, tuple[Callable[[bytes, int], int], Callable[[int, int, int], int], int]] = {
    "crc32": (crt.crc32, crt.combine_crc32, 4),
    "crc32c": (crt.crc32c, crt.combine_crc32c, 4),
    "crc64nvme": (crt.crc64nvme, crt.combine_crc64nvme, 8),
}
_HASHES = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "md5": hashlib.md5}
ALGORITHMS = (*_SUMS, "sha1", "sha256")
_HEADERS = {name: PREFIX + name for name in ALGORITHMS}


class Digest(Protocol):
    """What hashlib's objects do."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Go on with more bytes."""

    def digest(self) -> bytes:
        """Return the digest of all bytes so far."""


class _Sum:
    """A CRC as a digest."""

    def __init__(self, name: str) -> None:
        self._more, _, self._bytes = _SUMS[name]
        self._value = 0

    def update(self, data: bytes | memoryview, /) -> None:
        self._value = self._more(data, self._value)  # type: ignore[arg-type]  # it takes any buffer

    def digest(self) -> bytes:
        return self._value.to_bytes(self._bytes, "big")


def digest(name: str) -> Digest:
    """Return a digest that has seen nothing yet: an algorithm of S3's, or md5."""
    return _Sum(name) if name in _SUMS else _HASHES[name](usedforsecurity=False)


def digest_of(name: str, data: bytes) -> bytes:
    """Return the digest of bytes that are there as a whole."""
    if name in _SUMS:
        compute, _, width = _SUMS[name]
        return compute(data, 0).to_bytes(width, "big")
    return _HASHES[name](data, usedforsecurity=False).digest()


def etag(md5: bytes) -> str:
    """Return the ETag of bytes put in one go, quoted."""
    return f'"{md5.hex()}"'


def composite_etag(etags: Sequence[str]) -> str:
    """Return the ETag of an object made of parts, quoted: `md5-N`."""
    joined = b"".join(bytes.fromhex(part.strip('"')) for part in etags)
    return f'"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(etags)}"'


def stated_checksums(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the checksums that headers or trailers state, in base64, by algorithm."""
    return {name: headers[header] for name, header in _HEADERS.items() if header in headers}


def announced_checksums(headers: Mapping[str, str]) -> set[str]:
    """Return the algorithms, one or none, of the checksum that the trailers will state."""
    trailer = headers.get("X-Amz-Trailer", "").lower()
    return {name for name, header in _HEADERS.items() if header == trailer} if trailer else set()


def verify(stated_sums: Mapping[str, str], content_md5: str | None, found: Mapping[str, bytes]) -> None:
    """Return if what was stated is what was found; raises `S3Error` BadDigest, InvalidDigest or InvalidRequest."""
    if content_md5 is not None:
        wanted = _decode(content_md5)
        if wanted is None or len(wanted) != len(found["md5"]):
            raise S3Error("InvalidDigest")
        if wanted != found["md5"]:
            raise S3Error("BadDigest")
    for name, value in stated_sums.items():
        wanted = _decode(value)
        if wanted is None or len(wanted) != len(found[name]):
            raise S3Error("InvalidRequest", f"Value for {PREFIX}{name} header is invalid.")
        if wanted != found[name]:
            raise S3Error("BadDigest", f"The {name.upper()} you specified did not match the calculated checksum.")


def encode(value: bytes) -> str:
    """Return a checksum as headers and documents have it."""
    return base64.b64encode(value).decode()


def composite(name: str, parts: Sequence[str]) -> str:
    """Return the checksum of the checksums of an object's parts: `base64-N`."""
    made = digest(name)
    for part in parts:
        made.update(base64.b64decode(part))
    return f"{encode(made.digest())}-{len(parts)}"


def full_object(name: str, parts: Iterable[tuple[str, int]]) -> str:
    """Return the checksum of a whole object from those of its parts and their lengths; for CRCs only."""
    _, combine, width = _SUMS[name]
    value = 0
    for part, length in parts:
        value = combine(value, int.from_bytes(base64.b64decode(part), "big"), length)
    return encode(value.to_bytes(width, "big"))


def combines(name: str) -> bool:
    """Return whether the whole object's checksum follows from those of its parts."""
    return name in _SUMS


def _decode(value: str) -> bytes | None:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        return None
