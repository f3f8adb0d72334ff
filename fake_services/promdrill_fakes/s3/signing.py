"""The signatures of AWS: version 4 and, for S3 alone, version 2. What is signed, and with what."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from multidict import CIMultiDictProxy

ALGORITHM = "AWS4-HMAC-SHA256"
_EMPTY = hashlib.sha256().hexdigest()
_UNRESERVED = "-_.~"
_SUBRESOURCES = frozenset(
    {"acl", "analytics", "cors", "delete", "inventory", "lifecycle", "location", "logging", "metrics", "notification"}
    | {"object-lock", "partNumber", "policy", "replication", "requestPayment", "restore", "select", "select-type"}
    | {"storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website"}
    | {f"response-{name}" for name in ("cache-control", "content-disposition", "content-encoding")}
    | {f"response-{name}" for name in ("content-language", "content-type", "expires")}
)
"""What of a query is signed in version 2."""


class Wire(NamedTuple):
    """A request as it came over the wire: nothing decoded yet."""

    method: str
    path: str
    query: str
    headers: CIMultiDictProxy[str]

    def pairs(self, without: str) -> list[tuple[str, str]]:
        """Return what the query says, decoded, without one name."""
        parts = (part.partition("=") for part in self.query.split("&") if part)
        return [(unquote(name), unquote_plus(value)) for name, _, value in parts if unquote(name) != without]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a key of version 4 is good for."""

    date: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def canonical(wire: Wire, signed: Sequence[str], payload: str) -> str:
    """Return the canonical request of version 4; `payload` is the body's hash, or what stands for it."""
    query = sorted((_quote(name), _quote(value)) for name, value in wire.pairs("X-Amz-Signature"))
    headers = (
        f"{name}:{','.join(' '.join(each.split()) for each in wire.headers.getall(name, ()))}" for name in signed
    )
    return "\n".join(
        [
            wire.method,
            quote(unquote(wire.path), safe="/" + _UNRESERVED, errors="surrogateescape"),
            "&".join(f"{name}={value}" for name, value in query),
            *headers,
            "",
            ";".join(signed),
            payload,
        ]
    )


def to_sign(request: str, stamp: str, scope: Scope) -> str:
    """Return the string that version 4 signs for a canonical request."""
    return "\n".join([ALGORITHM, stamp, str(scope), hashlib.sha256(_bytes(request)).hexdigest()])


def signature(secret: str, scope: Scope, text: str) -> str:
    """Return the signature of version 4, in hexadecimal."""
    return _hmac(_key(secret, scope), text).hex()


def old_to_sign(wire: Wire, bucket: str, date: str) -> str:
    """Return the string that version 2 signs; `bucket` is that of the host name, if it is there.

    What follows a bucket begins with a slash, even where it was not sent.
    """
    path = (f"/{bucket}" if bucket else "") + wire.path
    asked = sorted((name, value) for name, value in wire.pairs("Signature") if name in _SUBRESOURCES)
    query = "&".join(f"{name}={value}" if value else name for name, value in asked)
    amazon = sorted({name.lower() for name in wire.headers if name.lower().startswith("x-amz-")})
    return "\n".join(
        [
            wire.method,
            wire.headers.get("Content-MD5", ""),
            wire.headers.get("Content-Type", ""),
            date,
            *(f"{name}:{','.join(each.strip() for each in wire.headers.getall(name))}" for name in amazon),
            path + ("/" if path.count("/") == 1 and path != "/" else "") + (f"?{query}" if query else ""),
        ]
    )


def old_signature(secret: str, text: str) -> str:
    """Return the signature of version 2, in base64."""
    return base64.b64encode(hmac.new(_bytes(secret), _bytes(text), "sha1").digest()).decode()


class ChunkSignatures:
    """Computes the signatures of chunks and trailers, each over the one before it, from the request's own."""

    def __init__(self, secret: str, scope: Scope, stamp: str, seed: str) -> None:
        self._secret = secret
        self._scope = scope
        self._stamp = stamp
        self._last = seed

    def chunk(self, sha256: str) -> str:
        """Return the signature of the next chunk."""
        return self._next("PAYLOAD", _EMPTY, sha256)

    def trailer(self, lines: bytes) -> str:
        """Return the signature of the trailers."""
        return self._next("TRAILER", hashlib.sha256(lines).hexdigest())

    def _next(self, what: str, *hashes: str) -> str:
        text = "\n".join([f"{ALGORITHM}-{what}", self._stamp, str(self._scope), self._last, *hashes])
        self._last = signature(self._secret, self._scope, text)
        return self._last


def same(one: str, other: str) -> bool:
    """Return whether two signatures are the same."""
    return hmac.compare_digest(_bytes(one), _bytes(other))


def fields(text: str) -> Mapping[str, str]:
    """Return the `Name=value` pairs of an Authorization header."""
    parts = (part.strip().partition("=") for part in text.split(","))
    return {name: value for name, _, value in parts}


@lru_cache(maxsize=256)
def _key(secret: str, scope: Scope) -> bytes:
    key = _hmac(_bytes(f"AWS4{secret}"), scope.date)
    for part in (scope.region, scope.service, "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, _bytes(text), "sha256")


def _bytes(text: str) -> bytes:
    """Return text as it was sent, even what was not UTF-8."""
    return text.encode(errors="surrogateescape")


def _quote(text: str) -> str:
    return quote(text, safe=_UNRESERVED, errors="surrogateescape")
