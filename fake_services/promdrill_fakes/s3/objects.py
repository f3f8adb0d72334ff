"""Single objects: put, get, head, delete, with conditions and ranges."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

from promdrill_fakes.call import Answer
from promdrill_fakes.response import http_date
from promdrill_fakes.s3.checksums import PREFIX, etag
from promdrill_fakes.s3.conditions import Extent, extent, is_unchanged, may_write
from promdrill_fakes.s3.errors import S3Error
from promdrill_fakes.s3.requests import stored_headers
from promdrill_fakes.s3.store import Object
from promdrill_fakes.s3.tagging import from_header

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from promdrill_fakes.s3.blobs import Blob
    from promdrill_fakes.s3.requests import Target
    from promdrill_fakes.s3.store import Store

_KMS = "aws:kms"
_OVERRIDES = ("cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires")


def put(store: Store, asked: Target, headers: Mapping[str, str]) -> Answer:
    """Store the payload."""
    bucket = store.bucket(asked.bucket)
    may_write(bucket, asked.key, headers)
    encrypted = headers.get("x-amz-server-side-encryption") == _KMS
    # Where a key of KMS encrypts, the ETag tells nothing of the bytes; so their MD5 may not even be there.
    tag = f'"{uuid4().hex}"' if encrypted or asked.payload.md5 is None else etag(asked.payload.md5)
    stored = Object(
        asked.payload.blob,
        tag,
        stored_headers(headers),
        asked.payload.checksums,
        tags=from_header(headers.get("x-amz-tagging")),
    )
    bucket.put(asked.key, stored)
    told = {"x-amz-server-side-encryption": _KMS} if encrypted else {}
    return Answer(headers={"ETag": tag, **told, **checksum_headers(stored)}, columns={"bytes": len(stored.body)})


def get(store: Store, asked: Target, headers: Mapping[str, str]) -> Answer:
    """Return an object, or the part of it that was asked for."""
    stored = store.bucket(asked.bucket).get(asked.key)
    if is_unchanged(stored, headers):
        return Answer(304, headers={"ETag": stored.etag})
    wanted = extent(stored, asked, headers)
    return _sending(stored.body, wanted, _describe(stored, asked, headers, wanted))


def head(store: Store, asked: Target, headers: Mapping[str, str]) -> Answer:
    """Return what is known of an object, as get would, without its body."""
    stored = store.bucket(asked.bucket).get(asked.key)
    if is_unchanged(stored, headers):
        return Answer(304, headers={"ETag": stored.etag})
    wanted = extent(stored, asked, headers)
    described = _describe(stored, asked, headers, wanted)
    return Answer(wanted.status, described, length=wanted.stop - wanted.start)


def delete(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Take an object away; one that is not there is no error."""
    return Answer(204, columns={"bytes": store.bucket(asked.bucket).delete(asked.key)})


def checksum_headers(stored: Object) -> dict[str, str]:
    """Return the headers that tell of an object's checksums."""
    if not stored.checksums:
        return {}
    return {PREFIX + name: value for name, value in stored.checksums.items()} | {PREFIX + "type": stored.checksum_type}


def _sending(blob: Blob, wanted: Extent, headers: Mapping[str, str]) -> Answer:
    parts = list(blob.part(wanted.start, wanted.stop))
    size = wanted.stop - wanted.start
    if not parts:
        return Answer(wanted.status, headers)
    *before, (last, which) = parts
    if not before and isinstance(last, bytes):
        return Answer(wanted.status, headers, last[which], columns={"bytes": size})

    async def pieces() -> AsyncGenerator[bytes]:
        for segment, each in before:
            yield await asyncio.to_thread(segment.__getitem__, each)

    return Answer(wanted.status, headers, lambda: last[which], pieces(), length=size, columns={"bytes": size})


def _describe(stored: Object, asked: Target, headers: Mapping[str, str], wanted: Extent) -> dict[str, str]:
    described = {
        "ETag": stored.etag,
        "Last-Modified": http_date(int(stored.modified.timestamp())),
        "Accept-Ranges": "bytes",
        **stored.headers,
        **_overrides(asked.query),
        **(wanted.headers or {}),
    }
    if stored.tags:
        described["x-amz-tagging-count"] = str(len(stored.tags))
    if headers.get("x-amz-checksum-mode", "").upper() == "ENABLED" and wanted.stop - wanted.start == len(stored.body):
        described |= checksum_headers(stored)
    return described


def _overrides(query: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that the query replaces; raises `S3Error` for what is no header."""
    found = {name: query[f"response-{name}"] for name in _OVERRIDES if f"response-{name}" in query}
    if not all(value.isprintable() for value in found.values()):
        raise S3Error("InvalidArgument", "Header value cannot be represented using ISO-8859-1.")
    return found
