"""An S3 request: which API it calls, of which bucket and key, with what payload."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from fake_services.catalogue import UNKNOWN
from fake_services.s3.checksums import stated, verify
from fake_services.s3.chunked import decode
from fake_services.s3.errors import S3Error

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
    ("POST", "delete"): "DeleteObjects",
}
_OBJECT_APIS = {
    ("PUT", ""): "PutObject",
    ("GET", ""): "GetObject",
    ("HEAD", ""): "HeadObject",
    ("DELETE", ""): "DeleteObject",
    ("POST", "uploads"): "CreateMultipartUpload",
    ("PUT", "uploadId"): "UploadPart",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("GET", "uploadId"): "ListParts",
}
_VERBS = {
    "put": ("PutObject", "CopyObject"),
    "get": ("GetObject",),
    "head": ("HeadObject",),
    "delete": ("DeleteObject", "DeleteObjects"),
    "list": ("ListObjects", "ListObjectsV2"),
    "multipart": tuple(route for (_, asks), route in _OBJECT_APIS.items() if asks),
    "bucket": ("ListBuckets", "CreateBucket", "HeadBucket", "DeleteBucket", "GetBucketLocation"),
}
VERBS = {route: verb for verb, routes in _VERBS.items() for route in routes}
_KEPT = ("cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires")
_METADATA = "x-amz-meta-"


@dataclass(slots=True)
class Target:
    """What a request is about. `key` is empty for a bucket, `bucket` too for the whole service."""

    bucket: str
    key: str
    query: Mapping[str, str]
    payload: bytes = b""
    checksums: Mapping[str, str] = field(default_factory=dict)

    def number(self, name: str, default: int) -> int:
        """Return a number from the query; raises `S3Error` InvalidArgument."""
        text = self.query.get(name, "") or str(default)
        if not text.isdecimal():
            raise S3Error("InvalidArgument", f"Provided {name} not an integer or within integer range")
        return int(text)


def target(request: BaseRequest) -> Target:
    """Return what a request's path (or, for `BUCKET.localhost`, its host) and query say."""
    path, _, query = request.raw_path.partition("?")
    name, _, _ = request.headers.get("Host", "").partition(":")
    if name.endswith(".localhost"):
        path = f"/{name.removesuffix('.localhost')}{path}"
    bucket, _, key = path.removeprefix("/").partition("/")
    return Target(unquote(bucket), unquote(key), dict(parse_qsl(query, keep_blank_values=True)))


def api(method: str, asked: Target, headers: Mapping[str, str]) -> str:
    """Return the name of the API that is called, `UNKNOWN` for one that this fake has not."""
    if not asked.bucket:
        return "ListBuckets" if method == "GET" else UNKNOWN
    asks = (method, ",".join(sorted(_SUBRESOURCES & asked.query.keys())))
    route = (_OBJECT_APIS if asked.key else _BUCKET_APIS).get(asks, UNKNOWN)
    if "x-amz-copy-source" in headers:
        return "CopyObject" if route == "PutObject" else UNKNOWN
    return route


async def read(request: BaseRequest, asked: Target) -> None:
    """Read and verify the payload, whatever its coding; raises `S3Error`."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # what the answer's length is counted from
    body = await request.content.read()
    stated_now = stated(request.headers)
    if "aws-chunked" in request.headers.get("Content-Encoding", "") or _streaming(request.headers):
        body, trailers = decode(body)
        stated_now |= stated(trailers)
        length = request.headers.get("X-Amz-Decoded-Content-Length")
        if length is not None and length != str(len(body)):
            raise S3Error("IncompleteBody")
    verify(body, stated_now, request.headers.get("Content-MD5"))
    asked.payload = body
    asked.checksums = stated_now


def stored_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that are stored with an object and given back with it, names in lower case."""
    kept = {name: headers[name] for name in _KEPT if name in headers}
    kept |= {name.lower(): value for name, value in headers.items() if name.lower().startswith(_METADATA)}
    codings = [coding.strip() for coding in kept.pop("content-encoding", "").split(",")]
    if rest := ", ".join(coding for coding in codings if coding and coding != "aws-chunked"):
        kept["content-encoding"] = rest
    return {"content-type": "binary/octet-stream", **kept}


def _streaming(headers: Mapping[str, str]) -> bool:
    return headers.get("X-Amz-Content-SHA256", "").startswith("STREAMING-")
