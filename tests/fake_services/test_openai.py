from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Fakes
    from openai.types import CompletionUsage

MODELS = ("gpt-4", "gpt-4-turbo", "gpt-3.5-turbo", "claude-2")
HELLO: Any = [{"role": "user", "content": "Hello, you."}]
USAGE = ("prompt_tokens", "completion_tokens")
FAIL = {"status": 500}


@pytest.fixture
def client(fakes: Fakes) -> Iterator[openai.OpenAI]:
    """Return the official OpenAI client; it makes two attempts at most, to keep its pauses short."""
    fakes.configure(ollama={"models": MODELS})
    with openai.OpenAI(base_url=f"{fakes.urls['ollama']}/v1", api_key="any", timeout=5, max_retries=1) as client:
        yield client


def counted(usage: CompletionUsage | None) -> list[tuple[int, int]]:
    """Return a usage as the journal's columns have it."""
    assert usage is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    return [(usage.prompt_tokens, usage.completion_tokens)]


@pytest.mark.parametrize("model", MODELS)
def test_a_chats_usage_is_the_journals(client: openai.OpenAI, fakes: Fakes, model: str) -> None:
    """A whole answer tells the tokens that the journal holds, for each configured model."""
    answer = client.chat.completions.create(model=model, messages=HELLO)
    (choice,) = answer.choices
    assert (answer.model, choice.finish_reason, choice.message.role) == (model, "stop", "assistant")
    assert fakes.told("route", "model", "stream") == [("v1_chat", model, False)]
    assert fakes.told(*USAGE) == counted(answer.usage)
    assert len((choice.message.content or "").split()) == fakes.told(*USAGE)[0][1]


def test_a_completions_usage_is_the_journals(client: openai.OpenAI, fakes: Fakes) -> None:
    """A text completion says and counts what Ollama's own API does for the same prompt."""
    answer = client.completions.create(model="gpt-4", prompt="Tell me.", seed=7)
    native = httpx.post(
        f"{fakes.urls['ollama']}/api/generate",
        json={"model": "gpt-4", "prompt": "Tell me.", "stream": False, "options": {"seed": 7}},
    ).json()
    assert answer.choices[0].text == native["response"]
    assert fakes.told(*USAGE) == counted(answer.usage) * 2


def test_a_streamed_chat_ends_with_its_usage(client: openai.OpenAI, fakes: Fakes) -> None:
    """The role comes first and once, the finish reason with an empty delta, the usage last and without a choice."""
    whole = client.chat.completions.create(model="gpt-4", messages=HELLO).choices[0].message.content
    parts = list(
        client.chat.completions.create(
            model="gpt-4", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
    )
    *said, finish, last = parts
    assert "".join(part.choices[0].delta.content or "" for part in said) == whole
    assert [part.choices[0].delta.role for part in said] == ["assistant"] + [None] * (len(said) - 1)
    assert (finish.choices[0].delta.model_dump(exclude_unset=True), finish.choices[0].finish_reason) == ({}, "stop")
    assert (last.choices, {part.usage for part in parts[:-1]}) == ([], {None})
    assert fakes.told(*USAGE, stream=True) == counted(last.usage)


def test_a_streamed_completion_says_what_a_whole_one_does(client: openai.OpenAI, fakes: Fakes) -> None:
    """Of text completions every chunk has a usage, which is nothing until the last."""
    whole = client.completions.create(model="gpt-4", prompt="Tell me.")
    *said, last = client.completions.create(
        model="gpt-4", prompt="Tell me.", stream=True, stream_options={"include_usage": True}
    )
    assert "".join(part.choices[0].text for part in said) == whole.choices[0].text
    assert [counted(part.usage) for part in said] == [[(0, 0)]] * len(said)
    assert fakes.told(*USAGE, stream=True) == counted(last.usage) == counted(whole.usage)


def test_the_async_client_gets_the_same_text(client: openai.OpenAI, fakes: Fakes) -> None:
    """The asynchronous client, streaming or not, gets what the synchronous one gets; no usage unless asked for."""

    async def ask() -> tuple[str | None, str]:
        async with openai.AsyncOpenAI(base_url=f"{fakes.urls['ollama']}/v1", api_key="any", max_retries=0) as llm:
            whole = await llm.chat.completions.create(model="gpt-4", messages=HELLO)
            stream = await llm.chat.completions.create(model="gpt-4", messages=HELLO, stream=True)
            parts = [part.choices[0].delta.content or "" async for part in stream]
        return whole.choices[0].message.content, "".join(parts)

    expected = client.chat.completions.create(model="gpt-4", messages=HELLO).choices[0].message.content
    assert asyncio.run(ask()) == (expected, expected)


def test_max_tokens_cuts_the_answer(client: openai.OpenAI) -> None:
    """No more tokens than asked for, and the reason says so."""
    answer = client.chat.completions.create(model="gpt-4", messages=HELLO, max_tokens=3)
    assert (answer.usage and answer.usage.completion_tokens, answer.choices[0].finish_reason) == (3, "length")


def test_models_are_those_configured(client: openai.OpenAI, fakes: Fakes) -> None:
    """The list has the configured models; one is found with or without its tag."""
    assert [model.id for model in client.models.list()] == [f"{name}:latest" for name in MODELS]
    assert [client.models.retrieve(name).id for name in ("gpt-4", "gpt-4:latest")] == ["gpt-4", "gpt-4:latest"]
    assert fakes.told("route", "model") == [("v1_models", None), ("v1_model", "gpt-4"), ("v1_model", "gpt-4:latest")]


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.models.retrieve("nope"),
        lambda client: client.chat.completions.create(model="nope", messages=HELLO),
        lambda client: client.completions.create(model="nope", prompt="x"),
    ],
)
def test_an_unknown_model_is_404(client: openai.OpenAI, fakes: Fakes, call: Callable[[openai.OpenAI], object]) -> None:
    """A model that is not there is refused in OpenAI's envelope, and journalled as an error."""
    with pytest.raises(openai.NotFoundError) as caught:
        call(client)
    message = "model 'nope' not found"
    assert caught.value.response.json() == {
        "error": {"message": message, "type": "not_found_error", "param": None, "code": None}
    }
    assert fakes.told("model", "status", "error", "completion_tokens") == [("nope", 404, message, 0)]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("completions", b"", "EOF"),
        ("chat/completions", b"{", "unexpected EOF"),
        ("chat/completions", b'{"model": "gpt-4"}', "[] is too short - 'messages'"),
        ("chat/completions", b'{"messages": [{"role": "user", "content": "x"}]}', "model is required"),
        (
            "chat/completions",
            b'{"model": "gpt-4", "messages": [{"role": "user"}]}',
            "invalid message content type: <nil>",
        ),
        (
            "chat/completions",
            b'{"model": "gpt-4", "messages": [{"role": "user", "content": [{"type": "sound"}]}]}',
            "invalid message format",
        ),
        (
            "chat/completions",
            b'{"model": "gpt-4", "messages": ["x"]}',
            "json: cannot unmarshal string into Go struct field ChatCompletionRequest.messages of type openai.Message",
        ),
        (
            "chat/completions",
            b'{"model": "gpt-4", "messages": [{"role": "user", "content": "x"}], "reasoning_effort": "high"}',
            '"gpt-4" does not support thinking',
        ),
        (
            "completions",
            b'{"model": "gpt-4", "prompt": ["x"]}',
            "json: cannot unmarshal array into Go struct field CompletionRequest.prompt of type string",
        ),
        (
            "completions",
            b'{"model": "gpt-4", "prompt": "x", "max_tokens": "all"}',
            "json: cannot unmarshal string into Go struct field CompletionRequest.max_tokens of type int",
        ),
    ],
)
def test_bad_requests_are_refused_in_ollamas_words(
    client: openai.OpenAI, fakes: Fakes, path: str, body: bytes, expected: str
) -> None:
    """What Ollama cannot use is a 400 with its message in OpenAI's envelope."""
    fakes.configure(ollama={"capabilities": ["completion"]})
    answer = httpx.post(f"{client.base_url}{path}", content=body)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert answer.json()["error"]["message"] == expected


def test_a_message_in_parts_is_read_whole(client: openai.OpenAI, fakes: Fakes) -> None:
    """The text of every part counts, an image has none."""
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    parts: Any = [{"role": "user", "content": [{"type": "text", "text": "one two"}, image]}]
    assert client.chat.completions.create(model="gpt-4", messages=parts).usage
    assert fakes.told("prompt_tokens") == [(len(["user", ":", "one", "two", "user", ":"]),)]


def test_all_attempts_of_a_call_are_one_operation(client: openai.OpenAI, fakes: Fakes) -> None:
    """Retries that the client counts join the attempt that failed; calls of the same trace stay apart."""
    fakes.fault("ollama", FAIL, trigger={"first": 1})
    for _ in range(2):
        client.chat.completions.create(model="gpt-4", messages=HELLO, extra_headers={"X-Request-ID": "r-1"})
    entries = fakes.journal()
    assert [(entry["trace"], entry["status"], entry["fault"]) for entry in entries] == [
        ("r-1", 500, "fault"),
        ("r-1", 200, None),
        ("r-1", 200, None),
    ]
    first, again, other = (entry["operation"] for entry in entries)
    assert (first == again, first == other) == (True, False)


def test_a_retry_joins_what_failed_and_not_what_went_well(client: openai.OpenAI, fakes: Fakes) -> None:
    """Of two equal calls, the one that failed is the one that is retried."""
    fakes.fault("ollama", FAIL, trigger={"every": 2})
    for _ in range(2):
        client.chat.completions.create(model="gpt-4", messages=HELLO)
    well, failed, again = (operation for (operation,) in fakes.told("operation"))
    assert (failed == again, well == failed) == (True, False)


def test_what_no_status_told_is_retried_as_one_operation(client: openai.OpenAI, fakes: Fakes) -> None:
    """An attempt that was reset, and one that the client gave up, belong to the retry that follows."""
    for effect in ({"reset": "before_headers"}, {"hang": True}):
        fakes.fault("ollama", effect, trigger={"first": 1})
        client.with_options(timeout=1).chat.completions.create(model="gpt-4", messages=HELLO)
    reset, again, hung, last = fakes.told("operation", "error")
    assert [error for _, error in (reset, again, hung, last)] == ["reset", None, "client_disconnected", None]
    assert (reset[0] == again[0], hung[0] == last[0], reset[0] == hung[0]) == (True, True, False)


def test_a_call_that_fails_for_good_is_left_alone(client: openai.OpenAI, fakes: Fakes) -> None:
    """The next call of the same trace is an operation of its own, also when it is retried."""
    once = client.with_options(max_retries=0)
    fakes.fault("ollama", FAIL)
    with pytest.raises(openai.InternalServerError):
        once.chat.completions.create(model="gpt-4", messages=HELLO)
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(model="gpt-4", messages=HELLO)
    first, other, again = (operation for (operation,) in fakes.told("operation"))
    assert (other == again, first == other) == (True, False)


def test_an_idempotency_key_is_the_operation(client: openai.OpenAI, fakes: Fakes) -> None:
    """A client that names its operation is believed."""
    for _ in range(2):
        client.completions.create(model="gpt-4", prompt="x", extra_headers={"Idempotency-Key": "k-1"})
    assert fakes.told("operation") == [("k-1",), ("k-1",)]


def test_a_fault_per_operation_fails_all_its_attempts(client: openai.OpenAI, fakes: Fakes) -> None:
    """A decision that was taken at the first attempt holds for the retries."""
    fakes.fault("ollama", FAIL, trigger={"first": 1, "per": "operation"})
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(model="gpt-4", messages=HELLO)
    client.chat.completions.create(model="gpt-4", messages=HELLO)
    assert fakes.told("status", "fault") == [(500, "fault"), (500, "fault"), (200, None)]


def test_a_fault_speaks_openais_envelope(client: openai.OpenAI, fakes: Fakes) -> None:
    """Status, code and message of a fault are what the client's exception holds."""
    effect = {"status": 429, "code": "rate_limit_exceeded", "message": "slow down"}
    fakes.fault("ollama", effect, match={"route": "v1_chat", "model": "gpt-4"})
    with pytest.raises(openai.RateLimitError) as caught:
        client.with_options(max_retries=0).chat.completions.create(model="gpt-4", messages=HELLO)
    assert (caught.value.code, caught.value.type) == ("rate_limit_exceeded", "api_error")
    assert caught.value.body == {
        "message": "slow down",
        "type": "api_error",
        "param": None,
        "code": "rate_limit_exceeded",
    }
    assert client.completions.create(model="gpt-4", prompt="x").choices[0].finish_reason == "stop"


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_in_mid_stream(client: openai.OpenAI, fakes: Fakes, *, stream: bool) -> None:
    """After its first chunk a stream breaks off with an error under status 200; what is not streamed is a 500."""
    fakes.fault("ollama", {"midstream_error": "CUDA error"})
    create = client.with_options(max_retries=0).chat.completions.create
    said: list[object] = []
    with pytest.raises(openai.APIError, match="CUDA error") as caught:
        said.extend(create(model="gpt-4", messages=HELLO, stream=stream))
    assert (isinstance(caught.value, openai.InternalServerError), len(said)) == (not stream, int(stream))
    assert fakes.told("status", "error", *USAGE) == [(200 if stream else 500, "CUDA error", 0, 0)]


def test_latency_of_a_route_of_its_own(client: openai.OpenAI, fakes: Fakes) -> None:
    """The injected latency is asked for route by route."""
    fakes.configure(latency={"ollama": {"v1_chat": {"constant": {"seconds": 0.02}}}})
    client.chat.completions.create(model="gpt-4", messages=HELLO)
    client.completions.create(model="gpt-4", prompt="x")
    assert fakes.told("route", "latency") == [("v1_chat", 0.02), ("v1_completions", 0.0)]
