"""Artifacts in S3: stored, read and deleted, each counted by its type."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import anyio.to_thread
import boto3  # type: ignore[import-untyped]  # has no types
from botocore.config import Config  # type: ignore[import-untyped]  # has no types
from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # has no types

from promdrill_examples import tracing
from promdrill_examples.content_creation_crew.failures import OperationError, reported_as
from promdrill_examples.content_creation_crew.metrics import StorageMetrics
from promdrill_examples.content_creation_crew.vocabulary import RETENTION_SECONDS, ArtifactType, Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill_examples.content_creation_crew.settings import Settings
    from promdrill_fakes.clock import Clock

THREADS = 64
_NOT_FOUND = 404
_Answer = TypeVar("_Answer")
_CONTENT_TYPES = {
    ArtifactType.VOICEOVER: "audio/mpeg",
    ArtifactType.VIDEO_CLIP: "video/mp4",
    ArtifactType.STORYBOARD_IMAGE: "image/png",
    ArtifactType.BLOG: "text/markdown; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """One object: its key, and its size in bytes."""

    key: str
    size: int


class Storage:
    """The artifacts' bucket. All calls raise `OperationError` (storage_failed).

    Keys are `{artifact_type}/{plan}/{expires_at:012d}-{random}`, so that a listing is in the order in which artifacts
    expire. Times are the clock's, in whole seconds, rounded down.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._time = clock.time
        self._bucket = settings.artifacts_bucket
        self._s3 = boto3.client(
            "s3",
            endpoint_url=settings.aws_endpoint_url,
            region_name=settings.aws_default_region,
            aws_access_key_id=settings.aws_access_key_id,
            aws_secret_access_key=settings.aws_secret_access_key,
            config=Config(
                connect_timeout=2,
                read_timeout=settings.upstream_timeout,
                retries={"mode": "standard", "max_attempts": 3},
                # Videos are large: hashing them only where S3 asks for it stores them at a fraction of the cost.
                s3={"addressing_style": "path", "payload_signing_enabled": False},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                max_pool_connections=THREADS,
            ),
        )
        self._s3.meta.events.register("before-send.s3", _trace)

    async def put(
        self, artifact_type: ArtifactType, plan: Plan, body: bytes, keep_seconds: float | None = None
    ) -> Stored:
        """Store bytes until `keep_seconds` from now, or for as long as the plan says."""
        keep = RETENTION_SECONDS[plan] if keep_seconds is None else keep_seconds
        key = f"{artifact_type}/{plan}/{int(self._time() + keep):012d}-{uuid4().hex}"
        success = False
        try:
            kind = _CONTENT_TYPES[artifact_type]
            await self._call(self._s3.put_object, Key=key, Body=body, ContentType=kind, ServerSideEncryption="aws:kms")
            success = True
        finally:
            StorageMetrics.record_put(artifact_type, len(body), success=success)
        return Stored(key, len(body))

    async def get(self, key: str) -> bytes:
        """Return an object's bytes."""
        body, success = b"", False
        try:
            body = await self._call(self._read, Key=key)
            success = True
        finally:
            StorageMetrics.record_get(type_of(key), len(body), success=success)
        return body

    async def delete(self, key: str) -> Stored:
        """Delete an object and return it with the size that it had; its absence is a failure."""
        size, success = 0, False
        try:
            size = (await self._call(self._s3.head_object, Key=key))["ContentLength"]
            await self._call(self._s3.delete_object, Key=key)
            success = True
        finally:
            StorageMetrics.record_delete(type_of(key), size, success=success)
        return Stored(key, size)

    async def expired(self, artifact_type: ArtifactType, plan: Plan) -> list[Stored]:
        """Return a plan's objects of one type whose time has passed."""
        return await self._call(self._list_expired, Prefix=f"{artifact_type}/{plan}/")

    async def delete_batch(self, batch: list[Stored]) -> list[Stored]:
        """Delete up to 1,000 objects in one call and return those that are gone; does not raise for the others."""
        objects = [{"Key": stored.key} for stored in batch]
        gone: set[str] = set()
        try:
            with suppress(OperationError):  # then none is gone: all are counted as failed, and the caller can tell
                answer = await self._call(self._s3.delete_objects, Delete={"Objects": objects})
                gone = {deleted["Key"] for deleted in answer.get("Deleted", ())}
        finally:
            for stored in batch:
                StorageMetrics.record_delete(type_of(stored.key), stored.size, success=stored.key in gone)
        return [stored for stored in batch if stored.key in gone]

    async def _call(self, call: Callable[..., _Answer], **parameters: object) -> _Answer:
        with reported_as("storage_failed"):
            try:
                return await anyio.to_thread.run_sync(partial(call, Bucket=self._bucket, **parameters))
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == _NOT_FOUND:
                    raise OperationError("storage_failed", str(error), _NOT_FOUND) from error
                raise

    def _read(self, **parameters: str) -> bytes:
        body: bytes = self._s3.get_object(**parameters)["Body"].read()
        return body

    def _list_expired(self, **parameters: str) -> list[Stored]:
        expired: list[Stored] = []
        for page in self._s3.get_paginator("list_objects_v2").paginate(**parameters):
            for entry in page.get("Contents", ()):
                if _expires_at(entry["Key"]) > self._time():
                    return expired
                expired.append(Stored(entry["Key"], entry["Size"]))
        return expired


def type_of(key: str) -> ArtifactType:
    """Return what a key says that the object is."""
    return ArtifactType(key.split("/", 1)[0])


def _expires_at(key: str) -> int:
    return int(key.rsplit("/", 1)[1].split("-", 1)[0])


def _trace(request: Any, **_: object) -> None:  # noqa: ANN401  botocore has no types
    request.headers[tracing.HEADER] = tracing.request_id.get()
