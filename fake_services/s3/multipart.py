"""Multipart uploads: create, upload parts, list them, complete, abort."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fake_services.call import Answer
from fake_services.s3.checksums import ALGORITHMS, PREFIX, etag
from fake_services.s3.errors import S3Error
from fake_services.s3.requests import stored_headers
from fake_services.s3.store import Object, Upload
from fake_services.s3.xml import document, element, elements, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fake_services.s3.requests import Target
    from fake_services.s3.store import Store

_XML = {"Content-Type": "application/xml"}
_MAX_PARTS = 10_000


def create(store: Store, asked: Target, headers: Mapping[str, str]) -> Answer:
    """Begin an upload."""
    algorithm = headers.get("x-amz-checksum-algorithm", "").lower()
    upload = Upload(asked.key, stored_headers(headers), algorithm if algorithm in ALGORITHMS else None)
    store.bucket(asked.bucket).uploads[upload.id] = upload
    told = {**_XML, "x-amz-checksum-algorithm": algorithm.upper()} if upload.algorithm else _XML
    fields = [("Bucket", asked.bucket), ("Key", asked.key), ("UploadId", upload.id)]
    return Answer(headers=told, body=document("InitiateMultipartUploadResult", elements(fields)))


def put_part(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Store one part."""
    upload = _upload(store, asked)
    number = asked.query.get("partNumber", "")
    if not number.isdecimal() or not 1 <= int(number) <= _MAX_PARTS:
        raise S3Error("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
    part = Object(asked.payload, etag(asked.payload), checksums=asked.checksums)
    upload.parts[int(number)] = part
    told = {PREFIX + name: value for name, value in part.checksums.items()}
    return Answer(headers={"ETag": part.etag, **told}, columns={"bytes": len(part.body)})


def complete(store: Store, asked: Target, headers: Mapping[str, str]) -> Answer:
    """Make the object of its parts."""
    upload = _upload(store, asked)
    bucket = store.bucket(asked.bucket)
    if headers.get("If-None-Match") == "*" and asked.key in bucket.objects:
        raise S3Error("PreconditionFailed", Condition="If-None-Match")
    stored = upload.completed(_chosen(asked.payload))
    bucket.put(asked.key, stored)
    del bucket.uploads[upload.id]
    fields = [
        ("Location", f"/{asked.bucket}/{asked.key}"),
        ("Bucket", asked.bucket),
        ("Key", asked.key),
        ("ETag", stored.etag),
        *((f"Checksum{name.upper()}", value) for name, value in stored.checksums.items()),
        ("ChecksumType", stored.checksum_type if stored.checksums else None),
    ]
    return Answer(headers=_XML, body=document("CompleteMultipartUploadResult", elements(fields)))


def abort(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Forget an upload and its parts."""
    upload = _upload(store, asked)
    del store.bucket(asked.bucket).uploads[upload.id]
    return Answer(204)


def list_parts(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Return the parts that are there, a page of them."""
    upload = _upload(store, asked)
    limit, after = asked.number("max-parts", 1000), asked.number("part-number-marker", 0)
    later = [number for number in sorted(upload.parts) if number > after]
    shown = later[:limit]
    fields = elements(
        [
            ("Bucket", asked.bucket),
            ("Key", asked.key),
            ("UploadId", upload.id),
            ("PartNumberMarker", after),
            ("NextPartNumberMarker", shown[-1] if shown else 0),
            ("MaxParts", limit),
            ("IsTruncated", len(later) > len(shown)),
        ]
    )
    parts = (
        element(
            "Part",
            elements(
                [
                    ("PartNumber", number),
                    ("LastModified", upload.parts[number].modified.isoformat(timespec="milliseconds")),
                    ("ETag", upload.parts[number].etag),
                    ("Size", len(upload.parts[number].body)),
                ]
            ),
        )
        for number in shown
    )
    return Answer(headers=_XML, body=document("ListPartsResult", fields, *parts))


def _upload(store: Store, asked: Target) -> Upload:
    upload = store.bucket(asked.bucket).upload(asked.query["uploadId"])
    if upload.key != asked.key:
        raise S3Error("NoSuchUpload", UploadId=upload.id)
    return upload


def _chosen(payload: bytes) -> list[tuple[int, str]]:
    parts = parse(payload, "CompleteMultipartUpload").findall("Part")
    numbers = [part.findtext("PartNumber", "") for part in parts]
    if not parts or not all(number.isdecimal() for number in numbers):
        raise S3Error("MalformedXML")
    return [(int(number), part.findtext("ETag", "")) for number, part in zip(numbers, parts, strict=True)]
