"""Checksums and ETags of objects, as S3 has them."""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import TYPE_CHECKING

from fake_services.s3.errors import S3Error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PREFIX = "x-amz-checksum-"
ALGORITHMS = ("crc32", "crc32c", "crc64nvme", "sha1", "sha256")
_DIGESTS: dict[str, Callable[[bytes], bytes]] = {
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
}


def etag(data: bytes) -> str:
    """Return the ETag of bytes put in one go, quoted."""
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


def composite_etag(etags: Sequence[str]) -> str:
    """Return the ETag of an object made of parts, quoted: `md5-N`."""
    joined = b"".join(bytes.fromhex(part.strip('"')) for part in etags)
    return f'"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(etags)}"'


def stated(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the checksums that headers or trailers state, in base64, by algorithm."""
    return {name: headers[PREFIX + name] for name in ALGORITHMS if PREFIX + name in headers}


def verify(data: bytes, checksums: Mapping[str, str], content_md5: str | None) -> None:
    """Return if the bytes are those that were meant; raises `S3Error` BadDigest or InvalidDigest.

    CRC32C and CRC64NVME are believed.
    """
    if content_md5 is not None:
        if len(_decoded(content_md5)) != hashlib.md5(usedforsecurity=False).digest_size:
            raise S3Error("InvalidDigest")
        if _decoded(content_md5) != hashlib.md5(data, usedforsecurity=False).digest():
            raise S3Error("BadDigest")
    for name, value in checksums.items():
        digest = _DIGESTS.get(name)
        if digest and _decoded(value) != digest(data):
            message = f"The {name.upper()} you specified did not match the calculated checksum."
            raise S3Error("BadDigest", message)


def composite(name: str, parts: Sequence[str]) -> str | None:
    """Return the checksum of an object made of parts with these checksums, `base64-N`; None where we cannot tell."""
    digest = _DIGESTS.get(name)
    if digest is None:
        return None
    value = digest(b"".join(_decoded(part) for part in parts))
    return f"{base64.b64encode(value).decode()}-{len(parts)}"


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        raise S3Error("InvalidDigest") from None
