"""Buckets, and what is done with many objects at once: lists and batch deletes."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

from promdrill_fakes.call import Answer
from promdrill_fakes.s3.errors import S3Error
from promdrill_fakes.s3.listing import Page, page
from promdrill_fakes.s3.xml import XML, Content, Markup, document, element, elements, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill_fakes.s3.requests import Target
    from promdrill_fakes.s3.store import Bucket, Store

MAX_KEYS = 1000
OWNER = element("Owner", elements([("ID", "promdrill"), ("DisplayName", "promdrill")]))


def list_buckets(store: Store, _asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Return all buckets."""
    buckets = (
        element(
            "Bucket",
            elements([("Name", bucket.name), ("CreationDate", bucket.created.isoformat(timespec="milliseconds"))]),
        )
        for _, bucket in sorted(store.buckets.items())
    )
    return Answer(headers=XML, body=document("ListAllMyBucketsResult", OWNER, element("Buckets", *buckets)))


def create(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Make a bucket; in the default region, making it again is no error."""
    store.create(asked.bucket, again=not asked.payload.blob)
    return Answer(headers={"Location": f"/{asked.bucket}"})


def head(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Say whether a bucket is there."""
    store.bucket(asked.bucket)
    return Answer()


def remove(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Take an empty bucket away."""
    store.remove(asked.bucket)
    return Answer(204)


def location(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Return the region of a bucket: empty, which means the default one."""
    store.bucket(asked.bucket)
    return Answer(headers=XML, body=document("LocationConstraint"))


def versioning(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Return the state of versioning: an empty document, for a bucket that never had any."""
    store.bucket(asked.bucket)
    return Answer(headers=XML, body=document("VersioningConfiguration"))


def list_objects_v2(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Return a page of the objects, which a continuation token goes on from."""
    token = asked.query.get("continuation-token")
    after = _untoken(token) if token is not None else asked.query.get("start-after", "")
    start_after = asked.query.get("start-after")
    found = _page(store, asked, after)
    fields: list[tuple[str, Content | None]] = [
        ("ContinuationToken", token),
        ("NextContinuationToken", None if found.last is None else _token(found.last)),
        ("StartAfter", None if start_after is None else encode_key(asked, start_after)),
        ("KeyCount", len(found.keys) + len(found.prefixes)),
    ]
    return _list_answer(store, asked, found, fields)


def list_objects(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Return a page of the objects, which a marker goes on from: the first version of the API."""
    marker = asked.query.get("marker", "")
    found = _page(store, asked, marker)
    fields: list[tuple[str, Content | None]] = [
        ("Marker", encode_key(asked, marker)),
        ("NextMarker", None if found.last is None else encode_key(asked, found.last)),
    ]
    return _list_answer(store, asked, found, fields)


def keys_to_delete(asked: Target) -> list[str]:
    """Return the keys that a batch delete names; raises `S3Error` MalformedXML."""
    objects = parse(asked.document(), "Delete").findall("Object")
    keys = [found.findtext("Key") or "" for found in objects]
    if not 1 <= len(keys) <= MAX_KEYS or not all(keys):
        raise S3Error("MalformedXML")
    return keys


def delete_objects(store: Store, asked: Target, _headers: Mapping[str, str]) -> Answer:
    """Take many objects away; those that are not there are no error."""
    bucket = store.bucket(asked.bucket)
    keys = keys_to_delete(asked)
    freed = [{"bytes": bucket.delete(key)} for key in keys]
    quiet = parse(asked.document(), "Delete").findtext("Quiet") == "true"
    deleted = (element("Deleted", element("Key", key)) for key in keys)
    return Answer(headers=XML, body=document("DeleteResult", *([] if quiet else deleted)), items=[*freed])


def _page(store: Store, asked: Target, after: str) -> Page:
    query = asked.query
    limit = min(MAX_KEYS, asked.number("max-keys", MAX_KEYS))
    objects = store.bucket(asked.bucket).objects
    return page(objects, query.get("prefix", ""), query.get("delimiter", ""), after, limit)


def _list_answer(store: Store, asked: Target, found: Page, fields: list[tuple[str, Content | None]]) -> Answer:
    bucket = store.bucket(asked.bucket)
    delimiter = asked.query.get("delimiter")
    echoed = [
        ("Name", asked.bucket),
        ("Prefix", encode_key(asked, asked.query.get("prefix", ""))),
        ("Delimiter", None if delimiter is None else encode_key(asked, delimiter)),
        ("MaxKeys", asked.number("max-keys", MAX_KEYS)),
        ("EncodingType", asked.query.get("encoding-type")),
        ("IsTruncated", found.last is not None),
        *fields,
    ]
    contents = (_contents(bucket, asked, key) for key in found.keys)
    prefixes = (element("CommonPrefixes", element("Prefix", encode_key(asked, prefix))) for prefix in found.prefixes)
    return Answer(headers=XML, body=document("ListBucketResult", elements(echoed), *contents, *prefixes))


def _contents(bucket: Bucket, asked: Target, key: str) -> Markup:
    stored = bucket.objects[key]
    algorithms = (("ChecksumAlgorithm", name.upper()) for name in stored.checksums)
    return element(
        "Contents",
        elements(
            [
                ("Key", encode_key(asked, key)),
                ("LastModified", stored.modified.isoformat(timespec="milliseconds")),
                ("ETag", stored.etag),
                *algorithms,
                ("Size", len(stored.body)),
                ("StorageClass", "STANDARD"),
            ]
        ),
    )


def encode_key(asked: Target, text: str) -> str:
    """Return a key as the request wants it: as it is, or percent-encoded."""
    return quote(text, safe="/") if asked.query.get("encoding-type") == "url" else text


def _token(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).decode()


def _untoken(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except ValueError:
        raise S3Error("InvalidArgument", "The continuation token provided is incorrect") from None
