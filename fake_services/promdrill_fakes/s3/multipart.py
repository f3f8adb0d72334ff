"""Multipart uploads: create, upload parts, complete, abort."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promdrill_fakes.call import Answer
from promdrill_fakes.s3.checksums import ALGORITHMS, DEFAULT, PREFIX, combines, etag, stated_checksums
from promdrill_fakes.s3.conditions import may_write
from promdrill_fakes.s3.errors import S3Error
from promdrill_fakes.s3.requests import stored_headers
from promdrill_fakes.s3.store import COMPOSITE, FULL_OBJECT, Object, Upload
from promdrill_fakes.s3.tagging import from_header
from promdrill_fakes.s3.xml import XML, document, elements, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill_fakes.s3.requests import Target
    from promdrill_fakes.s3.store import Store

_MAX_PARTS = 10_000


def create(store: Store, asked: Target, headers: Mapping[str, str]) -> Answer:
    """Begin an upload."""
    algorithm = headers.get("x-amz-checksum-algorithm", "").lower()
    if algorithm and algorithm not in ALGORITHMS:
        raise S3Error("InvalidRequest", "Checksum algorithm provided is unsupported.")
    upload = Upload(
        asked.key,
        stored_headers(headers),
        algorithm or None,
        _checksum_type(algorithm, headers.get("x-amz-checksum-type")),
        from_header(headers.get("x-amz-tagging")),
    )
    store.bucket(asked.bucket).uploads[upload.id] = upload
    told = {"x-amz-checksum-algorithm": algorithm.upper(), "x-amz-checksum-type": upload.checksum_type}
    fields = [("Bucket", asked.bucket), ("Key", asked.key), ("UploadId", upload.id)]
    body = document("InitiateMultipartUploadResult", elements(fields))
    return Answer(headers={**XML, **told} if algorithm else XML, body=body)


def put_part(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Store one part."""
    found = upload(store, asked)
    payload = asked.payload
    part = Object(payload.blob, etag(payload.md5 or b""), checksums=payload.checksums)
    found.parts[part_number(asked)] = part
    told = {PREFIX + name: value for name, value in part.checksums.items()}
    return Answer(headers={"ETag": part.etag, **told}, columns={"bytes": len(part.body)})


def complete(store: Store, asked: Target, headers: Mapping[str, str]) -> Answer:
    """Make the object of its parts."""
    found = upload(store, asked)
    bucket = store.bucket(asked.bucket)
    may_write(bucket, asked.key, headers)
    stored = found.complete(_choose_parts(asked.document(), found))
    for name, value in stated_checksums(headers).items():
        if value != stored.checksums.get(name, value):
            raise S3Error("BadDigest", f"The {name.upper()} you specified did not match the calculated checksum.")
    bucket.put(asked.key, stored)
    del bucket.uploads[found.id]
    fields = [
        ("Location", f"/{asked.bucket}/{asked.key}"),
        ("Bucket", asked.bucket),
        ("Key", asked.key),
        ("ETag", stored.etag),
        *((f"Checksum{name.upper()}", value) for name, value in stored.checksums.items()),
        ("ChecksumType", stored.checksum_type if stored.checksums else None),
    ]
    return Answer(headers=XML, body=document("CompleteMultipartUploadResult", elements(fields)))


def abort(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Forget an upload and its parts."""
    del store.bucket(asked.bucket).uploads[upload(store, asked).id]
    return Answer(204)


def upload(store: Store, asked: Target) -> Upload:
    """Return the upload that a request is about; raises `S3Error` NoSuchUpload."""
    found = store.bucket(asked.bucket).upload(asked.query["uploadId"])
    if found.key != asked.key:
        raise S3Error("NoSuchUpload", UploadId=found.id)
    return found


def part_number(asked: Target) -> int:
    """Return the number of the part that a request is about; raises `S3Error` InvalidArgument."""
    number = asked.number("partNumber", 0)
    if not 1 <= number <= _MAX_PARTS:
        raise S3Error("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
    return number


def _checksum_type(algorithm: str, wanted: str | None) -> str:
    """Return which checksum the object will have; raises `S3Error` for one that the algorithm cannot make."""
    default = FULL_OBJECT if not algorithm or algorithm == DEFAULT else COMPOSITE
    chosen = wanted or default
    impossible = COMPOSITE if default == FULL_OBJECT else None if combines(algorithm) else FULL_OBJECT
    if chosen not in (FULL_OBJECT, COMPOSITE) or chosen == impossible:
        name = algorithm or DEFAULT
        raise S3Error(
            "InvalidRequest", f"The {chosen} checksum type cannot be used with the {name} checksum algorithm."
        )
    return chosen


def _choose_parts(body: bytes, found: Upload) -> list[tuple[int, str]]:
    """Return number and ETag of the parts to make the object of; raises `S3Error`."""
    parts = parse(body, "CompleteMultipartUpload").findall("Part")
    numbers = [part.findtext("PartNumber") or "" for part in parts]
    if not parts or not all(re.fullmatch("[0-9]{1,9}", number) for number in numbers):
        raise S3Error("MalformedXML")
    for part, number in zip(parts, numbers, strict=True):
        there = found.parts.get(int(number))
        for name, value in there.checksums.items() if there else ():
            if part.findtext(f"Checksum{name.upper()}", value) != value:
                raise S3Error("InvalidPart", UploadId=found.id, PartNumber=number)
    return [(int(number), part.findtext("ETag") or "") for number, part in zip(numbers, parts, strict=True)]
