from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest
from botocore.exceptions import ResponseStreamingError

if TYPE_CHECKING:
    import ollama
    from botocore.client import BaseClient
    from conftest import Fakes
    from elevenlabs import ElevenLabs

MODEL = "llama3.2:1b"
VOICE = "21m00Tcm4TlvDq8ikWAM"
COUNTS = ["prompt_eval_count", "eval_count"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("after", [0, 60, 10**9])
def test_ollama_suffers_a_malformed_chunk(llm: ollama.Client, fakes: Fakes, after: int, *, stream: bool) -> None:
    """What is no chunk where one should be breaks the answer, wherever it comes, streamed or not."""
    fakes.fault("ollama", {"malformed_chunk": after})
    with pytest.raises(httpx.RemoteProtocolError, match="illegal chunk header"):
        list(llm.generate(MODEL, "x", stream=stream))  # type: ignore[call-overload]  # typed for literals only
    assert fakes.told("status", "error", "fault", "completion_tokens") == [(200, "malformed_chunk", "fault", 0)]


def test_boto3_suffers_a_malformed_chunk(s3: BaseClient, fakes: Fakes) -> None:
    """The download breaks off in the reader's hands, after what came before."""
    s3.put_object(Bucket="artifacts", Key="blog/1", Body=b"hello")
    fakes.fault("s3", {"malformed_chunk": 3}, match={"route": "GetObject"})
    body = s3.get_object(Bucket="artifacts", Key="blog/1")["Body"]
    with pytest.raises(ResponseStreamingError):
        body.read()
    assert fakes.told("error", "bytes", route="GetObject") == [("malformed_chunk", 0)]


def test_elevenlabs_suffers_a_malformed_chunk(speech: ElevenLabs, fakes: Fakes) -> None:
    """The SDK lets its HTTP client's error through."""
    fakes.fault("tts", {"malformed_chunk": 10})
    with pytest.raises(httpx.RemoteProtocolError, match="illegal chunk header"):
        list(speech.text_to_speech.convert(VOICE, text="x"))
    assert fakes.told("error", "audio_bytes") == [("malformed_chunk", 0)]


def test_an_answer_dribbles(fakes: Fakes) -> None:
    """The body is whole in the end, and has taken its time: a piece for each interval."""
    whole = httpx.get(f"{fakes.urls['ollama']}/api/tags").content
    fakes.fault("ollama", {"dribble": {"bytes": 50, "every": 0.002}})
    assert httpx.get(f"{fakes.urls['ollama']}/api/tags").content == whole
    (entry,) = fakes.journal(fault="fault")
    assert entry["outcome"] == "ok"
    assert entry["finished"] - entry["started"] >= len(whole) / 50 * 0.002


def test_a_stream_dribbles(llm: ollama.Client, fakes: Fakes) -> None:
    """A stream that dribbles is whole in the end, too, and says what it says without the fault."""
    said = [part.response for part in llm.generate(MODEL, "x", stream=True, options={"seed": 1})]
    fakes.fault("ollama", {"dribble": {"bytes": 30, "every": 0.001}})
    assert [part.response for part in llm.generate(MODEL, "x", stream=True, options={"seed": 1})] == said
    assert fakes.told("outcome", "fault") == [("ok", None), ("ok", "fault")]


@pytest.mark.parametrize("route", ["PutObject", "GetObject"])
def test_bandwidth_is_capped_both_ways(s3: BaseClient, fakes: Fakes, route: str) -> None:
    """An upload and a download take at least the bytes that they move by the bytes a second."""
    body = bytes(20_000)
    fakes.fault("s3", {"bandwidth": 200_000.0}, match={"route": route})
    s3.put_object(Bucket="artifacts", Key="blog/1", Body=body)
    assert s3.get_object(Bucket="artifacts", Key="blog/1")["Body"].read() == body
    (entry,) = fakes.journal(fault="fault")
    assert (entry["route"], entry["outcome"], entry["bytes"]) == (route, "ok", len(body))
    assert entry["finished"] - entry["started"] >= len(body) / 200_000


@pytest.mark.parametrize("stream", [False, True])
def test_metric_fields_are_left_out(fakes: Fakes, *, stream: bool) -> None:
    """The answer lacks the fields and nothing else; the journal knows the tokens all the same."""

    def answered() -> dict[str, Any]:
        body = {"model": MODEL, "prompt": "x", "stream": stream, "options": {"seed": 1}}
        lines = httpx.post(f"{fakes.urls['ollama']}/api/generate", json=body).text.splitlines()
        last: dict[str, Any] = json.loads(lines[-1])
        return last

    whole = answered()
    fakes.fault("ollama", {"omit": COUNTS})
    assert set(whole) - set(answered()) == set(COUNTS)
    tokens = (whole["prompt_eval_count"], whole["eval_count"])
    assert fakes.told("outcome", "prompt_tokens", "completion_tokens") == [("ok", *tokens)] * 2
    assert httpx.get(fakes.urls["ollama"]).text == "Ollama is running"


@pytest.mark.parametrize("stream", [False, True])
def test_openai_gets_no_usage(fakes: Fakes, *, stream: bool) -> None:
    """The OpenAI-compatible API can leave out its usage, streamed or not."""
    fakes.fault("ollama", {"omit": ["usage"]})
    more = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    with openai.OpenAI(base_url=f"{fakes.urls['ollama']}/v1", api_key="any") as client:
        told = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "x"}], **more)  # type: ignore[call-overload]  # typed for literals only
        usages = [part.usage for part in told] if stream else [told.usage]
    assert set(usages) == {None}
    assert fakes.told("outcome", "fault") == [("ok", "fault")]
