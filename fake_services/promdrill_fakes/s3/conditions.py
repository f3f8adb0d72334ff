"""Conditional requests, and the part of an object that is asked for."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

from promdrill_fakes.s3.errors import S3Error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill_fakes.s3.requests import Target
    from promdrill_fakes.s3.store import Bucket, Object

COPY_SOURCE = "x-amz-copy-source-"
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class Extent(NamedTuple):
    """Bytes of an object: which, and the further headers that tell of it."""

    start: int
    stop: int
    status: int = 200
    headers: Mapping[str, str] | None = None


def may_write(bucket: Bucket, key: str, headers: Mapping[str, str]) -> None:
    """Return if what an upload asks of the object that is there holds; raises `S3Error`."""
    current = bucket.objects.get(key)
    if (unwanted := headers.get("If-None-Match")) is not None:
        if unwanted != "*":
            raise S3Error("NotImplemented", Header="If-None-Match")
        if current is not None:
            raise S3Error("PreconditionFailed", Condition="If-None-Match")
    if (wanted := headers.get("If-Match")) is not None:
        if current is None:
            raise S3Error("NoSuchKey", Key=key)
        if not _among(current.etag, wanted):
            raise S3Error("PreconditionFailed", Condition="If-Match")


def is_unchanged(stored: Object, headers: Mapping[str, str], prefix: str = "") -> bool:
    """Return whether the client knows the object already; raises `S3Error` where a condition fails."""
    if (wanted := headers.get(prefix + "If-Match")) is not None:
        if not _among(stored.etag, wanted):
            raise S3Error("PreconditionFailed", Condition=prefix + "If-Match")
    elif (until := _date(headers.get(prefix + "If-Unmodified-Since"))) is not None and stored.last_modified > until:
        raise S3Error("PreconditionFailed", Condition=prefix + "If-Unmodified-Since")
    if (known := headers.get(prefix + "If-None-Match")) is not None:
        return _among(stored.etag, known)
    since = _date(headers.get(prefix + "If-Modified-Since"))
    return since is not None and stored.last_modified <= since


def extent(stored: Object, asked: Target, headers: Mapping[str, str]) -> Extent:
    """Return the bytes that a get or head asks for: all, a range, or a part; raises `S3Error`."""
    size = len(stored.body)
    if "partNumber" in asked.query:
        if "Range" in headers:
            raise S3Error("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
        return _part(stored, asked.number("partNumber", 0), size)
    part = byte_range(headers.get("Range"), size)
    if part is None:
        return Extent(0, size)
    return _partial(part.start, part.stop, size, {})


def byte_range(header: str | None, size: int) -> range | None:
    """Return the bytes that are asked for, None for all; raises `S3Error` InvalidRange."""
    found = _RANGE.fullmatch(header or "")
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if first and last and int(last) < int(first):
        return None
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if start >= stop:
        raise S3Error("InvalidRange", RangeRequested=header or "", ActualObjectSize=str(size))
    return range(start, stop)


def _part(stored: Object, number: int, size: int) -> Extent:
    sizes = stored.parts or (size,)
    if not 1 <= number <= len(sizes):
        raise S3Error("InvalidPartNumber", PartNumberRequested=str(number), ActualPartCount=str(len(sizes)))
    start = sum(sizes[: number - 1])
    counted = {"x-amz-mp-parts-count": str(len(sizes))} if stored.parts else {}
    if not size:
        return Extent(0, 0)
    return _partial(start, start + sizes[number - 1], size, counted)


def _partial(start: int, stop: int, size: int, headers: Mapping[str, str]) -> Extent:
    return Extent(start, stop, 206, {"Content-Range": f"bytes {start}-{stop - 1}/{size}", **headers})


def _date(value: str | None) -> datetime | None:
    try:
        when = None if value is None else parsedate_to_datetime(value)
    except ValueError:
        return None
    return when.replace(tzinfo=UTC) if when and when.tzinfo is None else when


def _among(tag: str, wanted: str) -> bool:
    tags = [part.strip().removeprefix("W/").strip('"') for part in wanted.split(",")]
    return "*" in tags or tag.strip('"') in tags
