from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import ollama
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ResponseStreamingError

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from conftest import Fakes

MODEL = "llama3.2:1b"


@dataclass(frozen=True)
class Case:
    """An effect, the error that a client raises for it (a pattern of its text), and what it does to the attempts."""

    effect: dict[str, Any]
    raised: type[Exception]
    seen: str
    status: int = 0
    attempts: int = 1


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "case",
    [
        Case({"status": 503}, ollama.ResponseError, "maximum pending requests exceeded", 503),
        Case({"status": 500, "message": "out of memory"}, ollama.ResponseError, "out of memory", 500),
        Case({"reset": "before_headers"}, httpx.ReadError, "reset by peer"),
        Case({"reset": 0}, httpx.ReadError, "reset by peer", 200),
        Case({"reset": 60}, httpx.ReadError, "reset by peer", 200),
        Case({"reset": 10**9}, httpx.ReadError, "reset by peer", 200),
    ],
    ids=lambda case: str(case.effect),
)
def test_ollama_suffers(llm: ollama.Client, fakes: Fakes, case: Case, *, stream: bool) -> None:
    """Each fault reaches the Ollama client as it would from Ollama, and the journal names it; no tokens count."""
    fakes.fault("ollama", case.effect)
    with pytest.raises(case.raised, match=case.seen):
        list(llm.generate(MODEL, "x", stream=stream))  # type: ignore[call-overload]  # typed for literals only
    assert fakes.told("status", "outcome", "fault", "completion_tokens") == [(case.status, "error", "fault", 0)]


def test_a_mid_stream_error_follows_what_was_streamed(llm: ollama.Client, fakes: Fakes) -> None:
    """The status stays 200, the first message arrives, then an error line; the client raises with status -1."""
    fakes.fault("ollama", {"midstream_error": "CUDA error"})
    messages = llm.generate(MODEL, "x", stream=True)
    assert next(messages).done is False
    with pytest.raises(ollama.ResponseError, match="CUDA error") as caught:
        next(messages)
    assert caught.value.status_code == -1
    assert fakes.told("status", "outcome", "error", "fault") == [(200, "error", "CUDA error", "fault")]


def test_a_truncated_stream_ends_cleanly(llm: ollama.Client, fakes: Fakes) -> None:
    """A stream cut between two messages ends without `done`, and the client does not complain."""
    first = len(
        httpx.post(f"{fakes.urls['ollama']}/api/generate", json={"model": MODEL, "prompt": "x"}).text.split("\n")[0]
    )
    fakes.fault("ollama", {"truncate": first + 1})
    assert [message.done for message in llm.generate(MODEL, "x", stream=True)] == [False]
    assert fakes.told("status", "outcome", "error", fault="fault") == [(200, "error", "truncated")]


def test_a_truncated_answer_is_shorter_than_promised(llm: ollama.Client, fakes: Fakes) -> None:
    """An answer with a Content-Length ends early, and the connection is closed in good order."""
    fakes.fault("ollama", {"truncate": 10})
    with pytest.raises(httpx.RemoteProtocolError, match="received 10 bytes"):
        llm.generate(MODEL, "x")


def test_a_hang_lasts_until_the_client_gives_up(fakes: Fakes) -> None:
    """Nothing is sent; when the client disconnects, the request is journalled as an error without a status."""
    fakes.fault("ollama", {"hang": True})
    client = ollama.Client(host=fakes.urls["ollama"], timeout=0.05)
    with client._client, pytest.raises(httpx.ReadTimeout):
        client.generate(MODEL, "x")
    fakes.drained()
    assert fakes.told("status", "outcome", "error", "fault") == [(0, "error", "client_disconnected", "fault")]


def test_added_latency_is_served(llm: ollama.Client, fakes: Fakes) -> None:
    """A latency fault delays a call that otherwise succeeds."""
    fakes.configure(latency={"ollama": {"*": {"constant": {"seconds": 0.01}}}})
    fakes.fault("ollama", {"latency": 0.02})
    llm.generate(MODEL, "x")
    (entry,) = fakes.journal()
    assert (entry["latency"], entry["outcome"], entry["fault"]) == (0.03, "ok", "fault")
    assert entry["finished"] - entry["started"] >= 0.03


@pytest.mark.parametrize(
    "case",
    [
        Case({"status": 500}, ClientError, "InternalError", attempts=2),
        Case({"status": 503}, ClientError, "SlowDown", attempts=2),
        Case({"status": 403}, ClientError, "AccessDenied"),
        Case({"status": 400, "code": "RequestTimeout", "message": "Too slow."}, ClientError, "Too slow", attempts=2),
        Case({"reset": "before_headers"}, ConnectionClosedError, "Connection was closed", attempts=2),
        Case({"reset": 3}, ResponseStreamingError, "Connection broken"),
        Case({"truncate": 3}, ResponseStreamingError, "3 bytes read"),
    ],
    ids=lambda case: str(case.effect),
)
def test_boto3_suffers_and_retries(s3: BaseClient, fakes: Fakes, case: Case) -> None:
    """boto3 retries what it can; the journal has every attempt, under one operation."""
    s3.put_object(Bucket="artifacts", Key="blog/1", Body=b"hello")
    fakes.fault("s3", case.effect, match={"route": "GetObject"})
    with pytest.raises(case.raised, match=case.seen):
        s3.get_object(Bucket="artifacts", Key="blog/1")["Body"].read()
    entries = fakes.journal(route="GetObject")
    told = [(entry["outcome"], entry["bytes"], entry["fault"]) for entry in entries]
    assert told == [("error", 0, "fault")] * case.attempts
    assert len({entry["operation"] for entry in entries}) == 1


def test_a_lost_answer_to_a_put_is_no_success(fakes: Fakes, s3: BaseClient) -> None:
    """A put has no body to cut: its answer is lost whole, it is retried, and each attempt counts no bytes."""
    fakes.fault("s3", {"reset": 5}, match={"verb": "put"})
    with pytest.raises(ConnectionClosedError):
        s3.put_object(Bucket="artifacts", Key="blog/1", Body=b"hello")
    assert fakes.told("status", "outcome", "error", "bytes") == [(0, "error", "reset", 0)] * 2


def test_an_error_inside_a_200_is_an_error(fakes: Fakes, s3: BaseClient) -> None:
    """S3 may answer a copy with 200 and an error document; boto3 takes it for the 500 that it is."""
    s3.put_object(Bucket="artifacts", Key="blog/1", Body=b"hello")
    fakes.fault("s3", {"midstream_error": "Try again."}, match={"route": "CopyObject"})
    with pytest.raises(ClientError, match="InternalError"):
        s3.copy_object(Bucket="artifacts", Key="blog/2", CopySource="artifacts/blog/1")
    assert fakes.told("status", "outcome", "bytes", route="CopyObject") == [(200, "error", 0)] * 2
