"""An S3 request: which API it calls, of which bucket and key, with what payload."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from promdrill_fakes.definition import UNKNOWN
from promdrill_fakes.s3.blobs import Blob
from promdrill_fakes.s3.errors import S3Error
from promdrill_fakes.s3.payload import Payload
from promdrill_fakes.s3.signing import Wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.web import BaseRequest

_SUBRESOURCES = frozenset(
    {"accelerate", "acl", "analytics", "attributes", "cors", "delete", "encryption", "intelligent-tiering"}
    | {"inventory", "legal-hold", "lifecycle", "list-type", "location", "logging", "metrics", "notification"}
    | {"object-lock", "ownershipControls", "policy", "policyStatus", "publicAccessBlock", "replication"}
    | {"requestPayment", "restore", "retention", "select", "tagging", "torrent", "uploadId", "uploads", "versionId"}
    | {"versioning", "versions", "website"}
)
"""What in a query makes a request another API's."""

_BUCKET_APIS = {
    ("PUT", ""): "CreateBucket",
    ("HEAD", ""): "HeadBucket",
    ("DELETE", ""): "DeleteBucket",
    ("GET", ""): "ListObjects",
    ("GET", "list-type"): "ListObjectsV2",
    ("GET", "location"): "GetBucketLocation",
    ("GET", "uploads"): "ListMultipartUploads",
    ("GET", "versioning"): "GetBucketVersioning",
    ("POST", "delete"): "DeleteObjects",
}
_OBJECT_APIS = {
    ("PUT", ""): "PutObject",
    ("GET", ""): "GetObject",
    ("HEAD", ""): "HeadObject",
    ("DELETE", ""): "DeleteObject",
    ("GET", "tagging"): "GetObjectTagging",
    ("PUT", "tagging"): "PutObjectTagging",
    ("DELETE", "tagging"): "DeleteObjectTagging",
    ("POST", "uploads"): "CreateMultipartUpload",
    ("PUT", "uploadId"): "UploadPart",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("GET", "uploadId"): "ListParts",
}
_COPIES = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}
"""What an API is called where the bytes are another object's."""

_VERBS = {
    "put": ("PutObject", "CopyObject"),
    "get": ("GetObject",),
    "head": ("HeadObject",),
    "delete": ("DeleteObject", "DeleteObjects"),
    "list": ("ListObjects", "ListObjectsV2"),
    "tagging": ("GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging"),
    "multipart": (
        *(route for (_, asks), route in _OBJECT_APIS.items() if asks.startswith("upload")),
        "UploadPartCopy",
        "ListMultipartUploads",
    ),
    "bucket": (
        *("ListBuckets", "CreateBucket", "HeadBucket", "DeleteBucket"),
        *("GetBucketLocation", "GetBucketVersioning"),
    ),
}
VERBS = {route: verb for verb, routes in _VERBS.items() for route in routes}
_KEPT = frozenset(
    {"cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"}
)
_METADATA = "x-amz-meta-"
_MAX_METADATA = 2048
_MAX_DOCUMENT = 8 * 1024 * 1024
_HOST_SUFFIX = ".localhost"
_NO_PAYLOAD = Payload(Blob(), {}, set())


@dataclass(slots=True)
class Target:
    """What a request is about. `key` is empty for a bucket, `bucket` too for the whole service.

    `host_bucket` is the bucket where the host name tells it, else empty.
    """

    bucket: str
    key: str
    query: Mapping[str, str]
    wire: Wire
    host_bucket: str = ""
    payload: Payload = field(default=_NO_PAYLOAD)

    def number(self, name: str, default: int) -> int:
        """Return a number from the query; raises `S3Error` InvalidArgument."""
        text = self.query.get(name, "") or str(default)
        if not (text.isascii() and text.isdecimal() and len(text) < 10):  # noqa: PLR2004 - int takes no endless ones
            raise S3Error("InvalidArgument", f"Provided {name} not an integer or within integer range")
        return int(text)

    def document(self) -> bytes:
        """Return the payload where it is an XML document; raises `S3Error` for one that is too large."""
        if len(self.payload.blob) > _MAX_DOCUMENT:
            raise S3Error("MaxMessageLengthExceeded")
        return self.payload.blob.read()


def target(request: BaseRequest) -> Target:
    """Return what a request's path (or, for `BUCKET.localhost`, its host) and query say."""
    sent = request.raw_path
    if not sent.isascii():
        sent = sent.encode(errors="surrogateescape").decode(errors="replace")
    path, _, query = sent.partition("?")
    wire = Wire(request.method, path, query, request.headers)
    name, _, _ = request.headers.get("Host", "").partition(":")
    host_bucket = name.removesuffix(_HOST_SUFFIX) if name.endswith(_HOST_SUFFIX) else ""
    if host_bucket:
        path = f"/{host_bucket}{path}"
    bucket, _, key = path.removeprefix("/").partition("/")
    fields = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
    return Target(unquote(bucket), unquote(key), fields, wire, host_bucket)


def api(method: str, asked: Target, headers: Mapping[str, str]) -> str:
    """Return the name of the API that is called, `UNKNOWN` for one that this fake has not."""
    if not asked.bucket:
        return "ListBuckets" if method == "GET" else UNKNOWN
    asks = (method, ",".join(sorted(name for name in asked.query if name in _SUBRESOURCES)))
    route = (_OBJECT_APIS if asked.key else _BUCKET_APIS).get(asks, UNKNOWN)
    return _COPIES.get(route, UNKNOWN) if "x-amz-copy-source" in headers else route


def stored_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that are stored with an object and given back with it, names in lower case.

    Raises `S3Error` MetadataTooLarge.
    """
    lowered = [(name.lower(), value) for name, value in headers.items()]
    metadata = {name: value for name, value in lowered if name.startswith(_METADATA)}
    if sum(len(name) - len(_METADATA) + len(value) for name, value in metadata.items()) > _MAX_METADATA:
        raise S3Error("MetadataTooLarge")
    kept = {name: value for name, value in lowered if name in _KEPT} | metadata
    if "content-encoding" in kept:
        codings = [coding.strip() for coding in kept.pop("content-encoding").split(",")]
        if rest := ", ".join(coding for coding in codings if coding and coding != "aws-chunked"):
            kept["content-encoding"] = rest
    return {"content-type": "binary/octet-stream", **kept}
