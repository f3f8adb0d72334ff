"""The head of a request: its line and its headers, of the usual kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from multidict import CIMultiDict

from promdrill_fakes.call import ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill_fakes.call import Ids

_ORDINARY = frozenset(
    {"host", "accept", "accept-encoding", "accept-language", "user-agent", "content-type", "content-length"}
    | {"authorization", "api-key", "traceparent", "tracestate", "idempotency-key", "cookie"}
    | {"x-request-id", "x-trace-id", "x-test-id", "date", "range", "content-md5", "cache-control"}
    | {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"}
)
_ORDINARY_PREFIXES = ("x-stainless-", "x-amz-", "amz-sdk-")
"""Headers that change nothing in how a request is received. Others may: a request that has one goes to aiohttp."""
_MAX_DIGITS = 9
"""Of a Content-Length: what is longer than that does not come in one piece."""


@dataclass(frozen=True, slots=True)
class Head:
    """A request's line and headers, how long its body is, and the ids that the headers tell.

    Of one that `expects`, the body comes when the client is told to send it.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    length: int
    ids: Ids
    expects: bool

    @property
    def raw_path(self) -> str:
        """The path as it came: a plain one, which nothing in had to be decoded."""
        return self.path


@lru_cache(maxsize=1024)
def parse_head(start: bytes) -> Head | None:
    """Return the head of a request of the usual kind: HTTP/1.1, a plain path, headers that are known; else None."""
    if not start.isascii():
        return None
    line, *lines = start.decode("ascii").split("\r\n")
    match line.split(" "):
        case [method, path, "HTTP/1.1"] if path.startswith("/") and path.isascii() and not set(path) & set("?#%"):
            pass
        case _:
            return None
    headers: CIMultiDict[str] = CIMultiDict()
    for one in lines:
        name, colon, value = one.partition(":")
        known = name.lower() in _ORDINARY or name.lower().startswith(_ORDINARY_PREFIXES)
        kept = name.lower() == "connection" and value.strip().lower() == "keep-alive"
        waits = name.lower() == "expect" and value.strip().lower() == "100-continue"
        if not colon or not (known or kept or waits) or name in headers or not one.isprintable():
            return None
        headers[name] = value.strip(" \t")
    length = headers.get("Content-Length", "0")
    if "Host" not in headers or not (length.isdecimal() and len(length) <= _MAX_DIGITS):
        return None
    return Head(method, path, headers, int(length), ids(headers), "Expect" in headers)
