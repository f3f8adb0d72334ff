from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import openai
import pytest
from jsonschema import validate

if TYPE_CHECKING:
    from conftest import Ask, Wire

MODEL = "llama3.2:1b"
HELLO: Any = [{"role": "user", "content": "Hello, you."}]
CHAT = {"model": MODEL, "messages": HELLO}
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 7}},
    "required": ["city", "days"],
}
TOOLS = [{"type": "function", "function": {"name": "weather", "description": "…", "parameters": PARAMETERS}}]
SCHEMA = {"type": "json_schema", "json_schema": {"name": "weather", "schema": PARAMETERS}}
CREATE = "chat.completions.create"


@pytest.mark.parametrize("stream", [False, True])
def test_tools_are_called_as_they_are_described(ask_openai: Ask, *, stream: bool) -> None:
    """A call has an id and arguments of its schema, and is why the answer ends."""
    answer = ask_openai(CREATE, **CHAT, tools=TOOLS, stream=stream)
    choices = [part.choices[0] for part in (answer if stream else [answer])]
    said = [choice.delta if stream else choice.message for choice in choices]
    (call,) = [call for part in said for call in part.tool_calls or ()]
    assert (call.type, call.function.name, call.id[:5]) == ("function", "weather", "call_")
    validate(json.loads(call.function.arguments), PARAMETERS)
    assert choices[-1].finish_reason == "tool_calls"


def test_a_tools_result_is_answered_in_words(ask_openai: Ask) -> None:
    """A conversation with a call and its result goes on in words."""
    first = ask_openai(CREATE, **CHAT, tools=TOOLS).choices[0].message
    result = {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": "warm"}
    second = ask_openai(CREATE, model=MODEL, messages=[*HELLO, first, result], tools=TOOLS).choices[0]
    assert (second.message.tool_calls, second.finish_reason, bool(second.message.content)) == (None, "stop", True)


def test_a_response_format_is_kept(ask_openai: Ask) -> None:
    """An answer to a JSON schema is an example of it; `json_object` is an object, `text` is words."""
    said = {
        kind: ask_openai(CREATE, **CHAT, response_format=wanted).choices[0].message.content
        for kind, wanted in (("schema", SCHEMA), ("object", {"type": "json_object"}), ("text", {"type": "text"}))
    }
    validate(json.loads(said["schema"]), PARAMETERS)
    assert isinstance(json.loads(said["object"]), dict)
    assert said["text"] == ask_openai(CREATE, **CHAT).choices[0].message.content


def test_thoughts_are_the_reasoning(ask_openai: Ask, wire: Wire) -> None:
    """With a reasoning effort, thoughts come beside the same content, and their tokens are in the usage."""
    whole = ask_openai(CREATE, **CHAT, reasoning_effort="low")
    parts = ask_openai(CREATE, **CHAT, reasoning_effort="high", stream=True)
    message, deltas = whole.choices[0].message, [part.choices[0].delta for part in parts]
    assert "".join(getattr(delta, "reasoning", None) or "" for delta in deltas) == message.reasoning
    assert "".join(delta.content or "" for delta in deltas) == message.content
    assert whole.usage.completion_tokens == len(f"{message.reasoning} {message.content}".split())
    assert wire.fakes.told("completion_tokens") == [(whole.usage.completion_tokens,)] * 2


@pytest.mark.parametrize("several", [False, True])
def test_a_stop_ends_the_answer_before_it(ask_openai: Ask, *, several: bool) -> None:
    """A stop may be one text or a list of them."""
    whole = ask_openai(CREATE, **CHAT).choices[0].message.content
    stop = whole.split()[3]
    answer = ask_openai(CREATE, **CHAT, stop=[stop, "nowhere"] if several else stop)
    assert answer.choices[0].message.content == whole[: whole.index(stop)].rstrip()
    assert answer.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("stream", [False, True])
def test_logprobs_are_those_of_the_tokens(ask_openai: Ask, *, stream: bool) -> None:
    """Each token has its logarithmic probability and those of the likely ones beside it."""
    answer = ask_openai(CREATE, **CHAT, logprobs=True, top_logprobs=1, stream=stream)
    choices = [part.choices[0] for part in (answer if stream else [answer])]
    told = [one for choice in choices if choice.logprobs for one in choice.logprobs.content]
    said = [choice.delta.content or "" if stream else choice.message.content for choice in choices]
    assert "".join(one.token for one in told) == "".join(said)
    assert {len(one.top_logprobs) for one in told} == {1}


def test_what_ollama_does_not_know_is_ignored(ask_openai: Ask) -> None:
    """`n` and `user` are not Ollama's: there is one choice, whatever is asked; sampling settings are taken."""
    settings = {"temperature": 0.2, "top_p": 0.9, "frequency_penalty": 0.1, "presence_penalty": 0.1}
    answer = ask_openai(CREATE, **CHAT, n=3, user="someone", **settings)
    assert len(answer.choices) == 1
    assert answer.choices[0].message == ask_openai(CREATE, **CHAT).choices[0].message


def test_a_completion_takes_a_suffix(ask_openai: Ask) -> None:
    """A suffix is read with the prompt."""
    answer = ask_openai("completions.create", model=MODEL, prompt="one two", suffix="three")
    assert answer.usage.prompt_tokens == 3


def test_embeddings_are_the_native_ones(ask_openai: Ask, wire: Wire) -> None:
    """Vectors of length 1, one for each input, in floats or as base64, of as many dimensions as asked for."""
    coded = ask_openai("embeddings.create", model=MODEL, input=["one", "two words"])
    floats = ask_openai("embeddings.create", model=MODEL, input=["one", "two words"], encoding_format="float")
    assert [one.index for one in coded.data] == [0, 1]
    for one, other in zip(coded.data, floats.data, strict=True):
        assert (len(one.embedding), one.embedding) == (768, pytest.approx(other.embedding, abs=1e-6))
        assert math.isclose(sum(number * number for number in other.embedding), 1)
    assert coded.usage.model_dump() == {"prompt_tokens": 3, "total_tokens": 3}
    short = ask_openai("embeddings.create", model=MODEL, input="one", dimensions=2)
    assert len(short.data[0].embedding) == 2
    assert wire.fakes.told("route", "model", "prompt_tokens") == [
        ("v1_embeddings", MODEL, count) for count in (3, 3, 1)
    ]


@pytest.mark.parametrize(
    ("method", "wanted", "expected"),
    [
        (CREATE, {"reasoning_effort": "huge"}, "invalid reasoning value: 'huge' (must be \"high\", "),
        (CREATE, {"response_format": {**SCHEMA, "json_schema": {"schema": {"type": 1}}}}, "invalid JSON schema"),
        (CREATE, {"tools": ["x"]}, "json: cannot unmarshal string into Go struct field ChatCompletionRequest.tools"),
        (CREATE, {"temperature": "hot"}, "json: cannot unmarshal string into Go struct field"),
        (CREATE, {"top_logprobs": 21, "logprobs": True}, "top_logprobs must be between 0 and 20"),
        ("embeddings.create", {"input": ""}, "invalid input"),
        ("embeddings.create", {"input": [1, 2]}, "invalid input type"),
        ("embeddings.create", {"input": "x", "encoding_format": "hex"}, "Invalid value for 'encoding_format' = hex"),
    ],
)
def test_bad_requests_are_refused(
    ask_openai: Ask, wire: Wire, method: str, wanted: dict[str, Any], expected: str
) -> None:
    """What Ollama cannot use is a 400 after one attempt, in OpenAI's envelope."""
    asked = {**(CHAT if method == CREATE else {"model": MODEL}), **wanted}
    with pytest.raises(openai.BadRequestError) as caught:
        ask_openai(method, **asked)
    assert caught.value.body["message"].startswith(expected)
    assert wire.fakes.told("status", "error") == [(400, caught.value.body["message"])]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]},
            "invalid image input",
        ),
        (
            {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{"}}]},
            "invalid tool call arguments",
        ),
    ],
)
def test_bad_messages_are_refused(ask_openai: Ask, message: dict[str, Any], expected: str) -> None:
    """Pictures come with the message, and arguments are JSON."""
    with pytest.raises(openai.BadRequestError) as caught:
        ask_openai(CREATE, model=MODEL, messages=[message])
    assert caught.value.body["message"] == expected


def test_a_busy_model_is_retried(ask_openai: Ask, wire: Wire) -> None:
    """OpenAI's client takes the 503 of a full queue for something that passes."""
    wire.fakes.configure(ollama={"num_parallel": 1, "max_queue": 0, "tokens_per_second": 10, "min_tokens": 8})
    with openai.OpenAI(
        base_url=f"{wire.url}/v1",
        api_key="any",
        max_retries=0,
        http_client=openai.DefaultHttpxClient(verify=wire.verify),
    ) as other:
        stream = other.chat.completions.create(**CHAT, stream=True)
        next(stream)
        with pytest.raises(openai.InternalServerError, match=r"please try again\.  maximum pending requests"):
            ask_openai(CREATE, **CHAT)
        stream.close()
    assert [
        status
        for (status,) in wire.fakes.told(
            "status", error="server busy, please try again.  maximum pending requests exceeded"
        )
    ] == [503, 503]
