from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
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
    "text",
    "model_id",
    "voice",
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


@pytest.mark.parametrize("path", ["generate", "chat", "show"])
@given(body=BODIES)
@WIRE
def test_ollama_answers_whatever_it_is_sent(fakes: Fakes, path: str, body: bytes) -> None:
    """No body gets more than Ollama's own 4xx, and nothing breaks."""
    assert httpx.post(f"{fakes.urls['ollama']}/api/{path}", content=body).status_code in (200, 400, 404)


@pytest.mark.parametrize("path", ["21m00Tcm4TlvDq8ikWAM", "nobody/stream"])
@given(body=BODIES)
@WIRE
def test_elevenlabs_answers_whatever_it_is_sent(fakes: Fakes, path: str, body: bytes) -> None:
    """No body gets more than ElevenLabs' own 4xx, and nothing breaks."""
    url = f"{fakes.urls['elevenlabs']}/v1/text-to-speech/{path}"
    assert httpx.post(url, content=body, headers={"xi-api-key": "x"}).status_code in (200, 400, 404, 422)


@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
    path=st.sampled_from(["", "artifacts", "artifacts/k", "artifacts/%FF%00", "/", "BAD"]),
    query=st.sampled_from(
        [
            "",
            "uploads",
            "uploadId=x",
            "uploadId=x&partNumber=²",
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
            {"If-Modified-Since": "yesterday"},
            {"Content-Encoding": "aws-chunked"},
            {"x-amz-meta-a": "é"},
        ]
    ),
    body=st.sampled_from([b"", b"<x", XML, b"<Delete/>", b"<CompleteMultipartUpload/>"]),
)
@WIRE
def test_s3_answers_whatever_it_is_sent(fakes: Fakes, **sent: Any) -> None:  # noqa: ANN401 - strings and bytes
    """No request gets more than S3's own refusals, and nothing breaks."""
    url = f"{fakes.urls['s3']}/{sent['path']}?{sent['query']}"
    headers = {name: value.encode("latin-1") for name, value in sent["headers"].items()}
    answer = httpx.request(sent["method"], url, headers=headers, content=sent["body"])
    assert answer.status_code in (200, 204, 304, 400, 404, 409, 416, 501)


@given(body=BODIES)
@WIRE
def test_the_control_plane_answers_whatever_it_is_sent(fakes: Fakes, body: bytes) -> None:
    """What is no configuration is refused with the reasons."""
    assume(body.strip() != b"{}")
    answer = fakes.control.patch("/config", content=body)
    assert (answer.status_code, bool(answer.json()["errors"])) == (400, True)
