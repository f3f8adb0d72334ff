"""Lists of what is under way: the uploads of a bucket, the parts of an upload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_fakes.call import Answer
from promdrill_fakes.s3.buckets import MAX_KEYS, OWNER, encode_key
from promdrill_fakes.s3.listing import page
from promdrill_fakes.s3.multipart import upload
from promdrill_fakes.s3.xml import XML, Content, Markup, document, element, elements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill_fakes.s3.requests import Target
    from promdrill_fakes.s3.store import Store, Upload

_INITIATOR = element("Initiator", elements([("ID", "promdrill"), ("DisplayName", "promdrill")]))


def list_uploads(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Return a page of a bucket's uploads under way: by key, those of one key in the order that they began in."""
    query = asked.query
    limit = min(MAX_KEYS, asked.number("max-uploads", MAX_KEYS))
    marker, id_marker = query.get("key-marker", ""), query.get("upload-id-marker", "")
    found = sorted(store.bucket(asked.bucket).uploads.values(), key=lambda each: (each.key, each.begun))
    if marker and id_marker:
        begun = next((each.begun for each in found if each.id == id_marker), None)
        found = [each for each in found if each.key > marker or (each.key == marker and begun and each.begun > begun)]
        marker = ""
    keys = {f"{each.key}\0{number:09}": each for number, each in enumerate(found) if each.key > marker or not marker}
    listed = page(keys, query.get("prefix", ""), query.get("delimiter", ""), "", limit)
    last = keys.get(listed.last or "")
    fields: list[tuple[str, Content | None]] = [
        ("Bucket", asked.bucket),
        ("KeyMarker", encode_key(asked, query.get("key-marker", ""))),
        ("UploadIdMarker", id_marker),
        ("NextKeyMarker", None if listed.last is None else encode_key(asked, last.key if last else listed.last)),
        ("NextUploadIdMarker", last.id if last else None),
        ("Prefix", encode_key(asked, query.get("prefix", ""))),
        ("Delimiter", encode_key(asked, query["delimiter"]) if "delimiter" in query else None),
        ("MaxUploads", limit),
        ("EncodingType", query.get("encoding-type")),
        ("IsTruncated", listed.last is not None),
    ]
    shown = (_upload(asked, keys[key]) for key in listed.keys)
    prefixes = (element("CommonPrefixes", element("Prefix", encode_key(asked, prefix))) for prefix in listed.prefixes)
    return Answer(headers=XML, body=document("ListMultipartUploadsResult", elements(fields), *shown, *prefixes))


def list_parts(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Return the parts that are there, a page of them."""
    found = upload(store, asked)
    limit = min(MAX_KEYS, asked.number("max-parts", MAX_KEYS))
    after = asked.number("part-number-marker", 0)
    later = [number for number in sorted(found.parts) if number > after]
    shown = later[:limit]
    fields: list[tuple[str, Content | None]] = [
        ("Bucket", asked.bucket),
        ("Key", asked.key),
        ("UploadId", found.id),
        ("PartNumberMarker", after),
        ("NextPartNumberMarker", shown[-1] if shown else 0),
        ("MaxParts", limit),
        ("IsTruncated", len(later) > len(shown)),
        ("ChecksumAlgorithm", found.algorithm.upper() if found.algorithm else None),
        ("ChecksumType", found.checksum_type if found.algorithm else None),
        ("StorageClass", "STANDARD"),
    ]
    parts = (_part(found, number) for number in shown)
    return Answer(headers=XML, body=document("ListPartsResult", elements(fields), OWNER, _INITIATOR, *parts))


def _upload(asked: Target, found: Upload) -> Markup:
    fields: list[tuple[str, Content | None]] = [
        ("Key", encode_key(asked, found.key)),
        ("UploadId", found.id),
        ("Initiated", found.begun.isoformat(timespec="milliseconds")),
        ("StorageClass", "STANDARD"),
        ("ChecksumAlgorithm", found.algorithm.upper() if found.algorithm else None),
        ("ChecksumType", found.checksum_type if found.algorithm else None),
    ]
    return element("Upload", elements(fields), OWNER, _INITIATOR)


def _part(found: Upload, number: int) -> Markup:
    part = found.parts[number]
    fields: list[tuple[str, Content | None]] = [
        ("PartNumber", number),
        ("LastModified", part.modified.isoformat(timespec="milliseconds")),
        ("ETag", part.etag),
        ("Size", len(part.body)),
        *((f"Checksum{name.upper()}", value) for name, value in part.checksums.items()),
    ]
    return element("Part", elements(fields))
