from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from conftest import Fakes

WIRE = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
FIELDS = [
    "prompt",
    "messages",
    "stream",
    "options",
    "keep_alive",
    "raw",
    "system",
    "context",
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["5m", "x"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["seed", "role", "content"]), inner),
    max_leaves=5,
)
BODIES = st.binary(max_size=30) | st.builds(
    lambda model, fields: json.dumps({"model": model, **fields}).encode(),
    st.sampled_from(["mistral:7b", "nope", "\ud800"]),
    st.dictionaries(st.sampled_from(FIELDS), ANYTHING),
)
XML = b"<Delete><Object><Key>a</Key></Object></Delete>"
TAGS = b"<Tagging><TagSet><Tag/><Tag><Key>\xc3\xa9</Key></Tag></TagSet></Tagging>"
PARTS = b"<CompleteMultipartUpload><Part><PartNumber>x</PartNumber></Part></CompleteMultipartUpload>"


@given(
    credentials=st.sampled_from([{}, {"x": "y", "": ""}]),
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
    path=st.sampled_from(["", "artifacts", "artifacts/k", "artifacts/%FF%00", "/", "BAD"]),
    query=st.sampled_from(
        [
            "",
            "uploads",
            "uploadId=x",
            "uploadId=x&partNumber=²",
            "partNumber=9",
            "tagging",
            "versioning",
            "uploads&max-uploads=99999999999",
            "uploads&key-marker=a&upload-id-marker=x",
            "response-content-type=a%0D%0Ab",
            "X-Amz-Signature=x",
            "X-Amz-Signature=x&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=/&X-Amz-Date=x&X-Amz-Expires=²",
            "Signature=é&AWSAccessKeyId=x&Expires=99999999999",
            "Signature=é&AWSAccessKeyId=x&Expires=9999999999",
            "delete",
            "list-type=2&max-keys=x",
            "acl",
            "list-type=2&continuation-token=é",
            "list-type=2&encoding-type=url&delimiter=/",
        ]
    ),
    headers=st.sampled_from(
        [
            {},
            {"Content-MD5": "x"},
            {"x-amz-checksum-crc32": "é"},
            {"Range": "bytes=9-"},
            {"x-amz-copy-source": "artifacts/k"},
            {"x-amz-copy-source": "%"},
            {"x-amz-copy-source": "artifacts/k", "x-amz-copy-source-range": "bytes=-"},
            {"x-amz-checksum-algorithm": "é"},
            {"x-amz-tagging": "a=1&a=2"},
            {"x-amz-trailer": "é"},
            {"X-Amz-Content-SHA256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
            {"Authorization": "AWS4-HMAC-SHA256 Credential=/,SignedHeaders=;,Signature=é", "X-Amz-Date": "x"},
            {"Authorization": "AWS x:é", "Date": "Wed, 25 Nov 2026 23:30:00 GMT"},
            {"Authorization": "AWS x", "x-amz-date": "yesterday"},
            {"If-Modified-Since": "yesterday"},
            {"Content-Encoding": "aws-chunked"},
            {"x-amz-meta-a": "é"},
        ]
    ),
    body=st.sampled_from([b"", b"<x", XML, b"<Delete/>", b"<CompleteMultipartUpload/>", TAGS, PARTS]),
)
@settings(WIRE, max_examples=80)
def test_s3_answers_whatever_it_is_sent(fakes: Fakes, credentials: dict[str, str], **sent: Any) -> None:  # noqa: ANN401
    """No request gets more than S3's own refusals, and nothing breaks, with credentials and without."""
    fakes.configure(s3={"credentials": credentials})
    url = f"{fakes.urls['s3']}/{sent['path']}?{sent['query']}"
    headers = {name: value.encode("latin-1") for name, value in sent["headers"].items()}
    answer = httpx.request(sent["method"], url, headers=headers, content=sent["body"])
    assert answer.status_code in (200, 204, 206, 304, 400, 403, 404, 409, 416, 501)


@given(body=BODIES)
@WIRE
def test_the_control_plane_answers_whatever_it_is_sent(fakes: Fakes, body: bytes) -> None:
    """What is no configuration is refused with the reasons."""
    assume(body.strip() != b"{}")
    answer = fakes.control.patch("/config", content=body)
    assert (answer.status_code, bool(answer.json()["errors"])) == (400, True)
