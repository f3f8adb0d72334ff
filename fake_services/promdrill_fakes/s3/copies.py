"""Objects and parts whose bytes are those of another object."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from promdrill_fakes.call import Answer
from promdrill_fakes.s3.blobs import Blob, Segment
from promdrill_fakes.s3.checksums import ALGORITHMS, DEFAULT, digest, encode, etag
from promdrill_fakes.s3.conditions import COPY_SOURCE, byte_range, is_unchanged, may_write
from promdrill_fakes.s3.errors import S3Error
from promdrill_fakes.s3.multipart import part_number, upload
from promdrill_fakes.s3.requests import stored_headers
from promdrill_fakes.s3.store import Object
from promdrill_fakes.s3.tagging import from_header
from promdrill_fakes.s3.xml import XML, document, elements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill_fakes.s3.requests import Target
    from promdrill_fakes.s3.store import Store


async def copy(store: Store, asked: Target, headers: Mapping[str, str]) -> Answer:
    """Store what another object holds, with its metadata and tags or with the request's."""
    source = _source(store, headers)
    replaces = headers.get("x-amz-metadata-directive") == "REPLACE"
    if _source_name(headers) == (asked.bucket, asked.key) and not replaces:
        raise S3Error(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes.",
        )
    bucket = store.bucket(asked.bucket)
    may_write(bucket, asked.key, headers)
    retags = headers.get("x-amz-tagging-directive") == "REPLACE"
    stored = replace(
        await _hash(source.body, headers.get("x-amz-checksum-algorithm") or next(iter(source.checksums), DEFAULT)),
        headers=stored_headers(headers) if replaces else source.headers,
        tags=from_header(headers.get("x-amz-tagging")) if retags else source.tags,
    )
    bucket.put(asked.key, stored)
    return _copy_answer("CopyObjectResult", stored)


async def copy_part(store: Store, asked: Target, headers: Mapping[str, str]) -> Answer:
    """Store a part that is another object, or a range of one."""
    found, number = upload(store, asked), part_number(asked)
    source = _source(store, headers)
    asked_range = headers.get(COPY_SOURCE + "range")
    part = byte_range(asked_range, len(source.body))
    if asked_range is not None and (part is None or f"bytes={part.start}-{part.stop - 1}" != asked_range):
        raise S3Error("InvalidArgument", f"Range specified is not valid for source object of size: {len(source.body)}")
    body = source.body if part is None else await asyncio.to_thread(_cut, source.body, part)
    stored = await _hash(body, found.algorithm or DEFAULT)
    found.parts[number] = stored
    return _copy_answer("CopyPartResult", stored)


def _source_name(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return bucket and key of the source; raises `S3Error`."""
    path, _, version = headers["x-amz-copy-source"].partition("?")
    if version:
        raise S3Error("NotImplemented", Header="x-amz-copy-source")
    name, _, key = unquote(path).removeprefix("/").partition("/")
    if not name or not key:
        raise S3Error("InvalidArgument", "Invalid copy source object key")
    return name, key


def _source(store: Store, headers: Mapping[str, str]) -> Object:
    """Return the object to copy; raises `S3Error` where it is not there or a condition on it fails."""
    name, key = _source_name(headers)
    source = store.bucket(name).get(key)
    if is_unchanged(source, headers, COPY_SOURCE):
        raise S3Error("PreconditionFailed", Condition=COPY_SOURCE + "If-None-Match")
    return source


async def _hash(body: Blob, algorithm: str) -> Object:
    """Return an object of these bytes with ETag and checksum; raises `S3Error` for an algorithm that is none."""
    name = algorithm.lower()
    if name not in ALGORITHMS:
        raise S3Error("InvalidRequest", "Checksum algorithm provided is unsupported.")
    digests = digest("md5"), digest(name)

    def update() -> None:
        for segment in body.segments:
            data = segment[:]
            for each in digests:
                each.update(data)

    await asyncio.to_thread(update)
    md5, checksum = (each.digest() for each in digests)
    return Object(body, etag(md5), checksums={name: encode(checksum)})


def _cut(body: Blob, part: range) -> Blob:
    segments: list[Segment] = []
    for segment, which in body.part(part.start, part.stop):
        segments.append(segment if which == slice(0, len(segment)) else segment[which])
    return Blob(tuple(segments))


def _copy_answer(name: str, stored: Object) -> Answer:
    fields = [
        ("LastModified", stored.modified.isoformat(timespec="milliseconds").replace("+00:00", "Z")),
        ("ETag", stored.etag),
        *((f"Checksum{algorithm.upper()}", value) for algorithm, value in stored.checksums.items()),
    ]
    return Answer(headers=XML, body=document(name, elements(fields)), columns={"bytes": len(stored.body)})
