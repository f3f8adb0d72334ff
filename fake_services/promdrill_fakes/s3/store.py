"""Buckets, objects and unfinished uploads."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from promdrill_fakes.s3.blobs import Blob, Spill, join
from promdrill_fakes.s3.checksums import DEFAULT, combines, composite, composite_etag, full_object
from promdrill_fakes.s3.errors import S3Error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MIN_PART_BYTES = 5 * 1024 * 1024
MAX_KEY_BYTES = 1024
FULL_OBJECT = "FULL_OBJECT"
COMPOSITE = "COMPOSITE"
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Object:
    """What is stored under a key, and what was said of it. `headers` are given back as they came.

    `parts` holds the lengths of the parts that it was uploaded in, if it was.
    """

    body: Blob
    etag: str
    headers: Mapping[str, str] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)
    checksum_type: str = FULL_OBJECT
    tags: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[int, ...] = ()
    modified: datetime = field(default_factory=_now)

    @property
    def last_modified(self) -> datetime:
        """When it was stored, as its header tells it: in whole seconds."""
        return self.modified.replace(microsecond=0)


@dataclass(slots=True)
class Upload:
    """A multipart upload under way. `algorithm` is that of the checksums, None where the client did not choose."""

    key: str
    headers: Mapping[str, str]
    algorithm: str | None
    checksum_type: str
    tags: Mapping[str, str] = field(default_factory=dict)
    begun: datetime = field(default_factory=_now)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    parts: dict[int, Object] = field(default_factory=dict)

    def complete(self, chosen: Sequence[tuple[int, str]]) -> Object:
        """Return the object that the chosen parts (number, ETag) make; raises `S3Error`."""
        numbers = [number for number, _ in chosen]
        if numbers != sorted(set(numbers)):
            raise S3Error("InvalidPartOrder")
        for number, etag in chosen:
            if number not in self.parts or self.parts[number].etag.strip('"') != etag.strip('"'):
                raise S3Error("InvalidPart", UploadId=self.id, PartNumber=str(number))
        parts = [self.parts[number] for number in numbers]
        if any(len(part.body) < MIN_PART_BYTES for part in parts[:-1]):
            raise S3Error("EntityTooSmall")
        return Object(
            body=join(part.body for part in parts),
            etag=composite_etag([part.etag for part in parts]),
            headers=self.headers,
            checksums=self._checksums(parts),
            checksum_type=self.checksum_type,
            tags=self.tags,
            parts=tuple(len(part.body) for part in parts),
        )

    def _checksums(self, parts: Sequence[Object]) -> dict[str, str]:
        name = self.algorithm or DEFAULT
        if not all(name in part.checksums for part in parts):
            return {}
        if self.checksum_type == FULL_OBJECT and combines(name):
            return {name: full_object(name, ((part.checksums[name], len(part.body)) for part in parts))}
        return {name: composite(name, [part.checksums[name] for part in parts])}


@dataclass(slots=True)
class Bucket:
    """Objects by key, and uploads by id."""

    name: str
    created: datetime = field(default_factory=_now)
    objects: dict[str, Object] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def get(self, key: str) -> Object:
        """Return the object; raises `S3Error` NoSuchKey."""
        if key not in self.objects:
            raise S3Error("NoSuchKey", Key=key)
        return self.objects[key]

    def put(self, key: str, stored: Object) -> None:
        """Store an object under a key, in place of any other."""
        if len(key.encode()) > MAX_KEY_BYTES:
            raise S3Error("KeyTooLongError", MaxSizeAllowed=str(MAX_KEY_BYTES))
        self.objects[key] = stored

    def delete(self, key: str) -> int:
        """Take an object away and return the bytes that this freed; a key without an object frees 0."""
        gone = self.objects.pop(key, None)
        return 0 if gone is None else len(gone.body)

    def upload(self, number: str) -> Upload:
        """Return the upload of this id; raises `S3Error` NoSuchUpload."""
        if number not in self.uploads:
            raise S3Error("NoSuchUpload", UploadId=number)
        return self.uploads[number]


class Store:
    """All buckets."""

    def __init__(self) -> None:
        self.buckets: dict[str, Bucket] = {}
        self.spill = Spill()

    def configure(self, names: Iterable[str], *, fresh: bool) -> None:
        """Have these buckets; if `fresh`, no others and all empty."""
        if fresh:
            self.buckets = {}
        for name in names:
            self.buckets.setdefault(name, Bucket(name))

    def bucket(self, name: str) -> Bucket:
        """Return the bucket; raises `S3Error` NoSuchBucket."""
        if name not in self.buckets:
            raise S3Error("NoSuchBucket", BucketName=name)
        return self.buckets[name]

    def create(self, name: str, *, again: bool) -> None:
        """Make a bucket; one that is there stays if `again`. Raises `S3Error`."""
        if not _BUCKET_NAME.fullmatch(name):
            raise S3Error("InvalidBucketName", BucketName=name)
        if name in self.buckets and not again:
            raise S3Error("BucketAlreadyOwnedByYou", BucketName=name)
        self.buckets.setdefault(name, Bucket(name))

    def remove(self, name: str) -> None:
        """Take an empty bucket away; raises `S3Error`."""
        if self.bucket(name).objects:
            raise S3Error("BucketNotEmpty", BucketName=name)
        del self.buckets[name]
