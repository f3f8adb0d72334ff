"""What every fake writes into the journal: its routes, its columns, and the columns that the ledger counts by."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

ServiceName = Literal["ollama", "tts", "s3"]
Value = str | int | float | bool | None

UNKNOWN = "unknown"
"""The route of a request that no provider serves."""


@dataclass(frozen=True, slots=True)
class Schema:
    """One service's part of the journal.

    `columns` maps each column of its own to what it holds where nothing is known; `request` names those that a request
    itself tells, which faults can match; `keys` names those that the ledger counts by.
    """

    routes: frozenset[str]
    columns: Mapping[str, Value]
    request: frozenset[str]
    keys: tuple[str, ...]


SCHEMAS: Mapping[ServiceName, Schema] = MappingProxyType(
    {
        "ollama": Schema(
            routes=frozenset(
                {"generate", "chat", "embed", "embeddings", "tags", "version", "ps", "show", "root"}
                | {"pull", "push", "create", "copy", "delete", "blobs"}
                | {"v1_chat", "v1_completions", "v1_embeddings", "v1_models", "v1_model", UNKNOWN}
            ),
            columns={"model": None, "prompt_tokens": 0, "completion_tokens": 0, "stream": None},
            request=frozenset({"model", "stream"}),
            keys=("model",),
        ),
        "tts": Schema(
            routes=frozenset(
                {"convert", "stream", "convert_with_timestamps", "stream_with_timestamps"}
                | {"voices", "voice", "models", "user", "subscription"}
                | {"synthesize", "info", "batchexecute", UNKNOWN}
            ),
            columns={
                "provider": None,
                "voice": None,
                "model": None,
                "speaker": None,
                "characters": 0,
                "audio_bytes": 0,
                "audio_seconds": 0.0,
            },
            request=frozenset({"provider", "voice", "model"}),
            keys=("provider", "voice"),
        ),
        "s3": Schema(
            routes=frozenset(
                {"ListBuckets", "CreateBucket", "HeadBucket", "DeleteBucket", "GetBucketLocation"}
                | {"ListObjects", "ListObjectsV2", "DeleteObjects", "PutObject", "CopyObject", "GetObject"}
                | {"HeadObject", "DeleteObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"}
                | {"AbortMultipartUpload", "ListParts", "ListMultipartUploads", "UploadPartCopy"}
                | {"GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging", "GetBucketVersioning", UNKNOWN}
            ),
            columns={"verb": None, "bucket": None, "key": None, "key_prefix": None, "bytes": 0},
            request=frozenset({"verb", "bucket", "key", "key_prefix"}),
            keys=("verb", "bucket", "key_prefix"),
        ),
    }
)
