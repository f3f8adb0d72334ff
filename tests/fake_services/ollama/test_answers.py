from __future__ import annotations

import base64
import json
import math
from typing import TYPE_CHECKING, Any

import ollama
import pytest
from jsonschema import validate
from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from conftest import Ask, Wire

MODEL = "llama3.2:1b"
HELLO = [{"role": "user", "content": "Hello, you."}]
PIXEL = base64.b64encode(b"a picture").decode()


class Tree(BaseModel):
    """Something that holds itself."""

    name: str = Field(min_length=3, max_length=40)
    size: float = Field(gt=0, le=7)
    kind: str | None
    branches: list[Tree] = Field(min_length=0, max_length=2)


def weather(city: str, days: int = 1, unit: str = "celsius") -> str:
    """Tell the weather.

    Args:
        city: where
        days: how many days from now
        unit: of temperatures

    """
    return f"{city} {days} {unit}"


def said(ask: Ask, method: str, *arguments: Any, **kwargs: Any) -> tuple[str, str, Any]:  # noqa: ANN401 - the client's
    """Return what was thought, what was said, and the last message of a stream."""
    parts = ask(method, *arguments, stream=True, **kwargs)
    told = [part.message if method == "chat" else part for part in parts]
    words = "".join((part.content if method == "chat" else part.response) or "" for part in told)
    return "".join(part.thinking or "" for part in told), words, parts[-1]


def test_tools_are_called_as_they_are_described(ask: Ask, wire: Wire) -> None:
    """The model calls a tool with arguments of its schema, and answers in words once it has the tool's result."""
    first = ask("chat", MODEL, HELLO, tools=[weather])
    (call,) = first.message.tool_calls
    assert (call.function.name, first.message.content, first.done_reason) == ("weather", "", "stop")
    assert {name: type(value) for name, value in call.function.arguments.items()} == {
        "city": str,
        "days": int,
        "unit": str,
    }
    result = {"role": "tool", "tool_name": "weather", "content": weather(**call.function.arguments)}
    second = ask("chat", MODEL, [*HELLO, first.message, result], tools=[weather])
    assert (second.message.tool_calls, bool(second.message.content)) == (None, True)
    told = [(answer.prompt_eval_count, answer.eval_count) for answer in (first, second)]
    assert wire.fakes.told("prompt_tokens", "completion_tokens") == told


def test_a_streamed_call_comes_whole(ask: Ask) -> None:
    """One message of a stream holds the call, the same one as without a stream."""
    whole = ask("chat", MODEL, HELLO, tools=[weather])
    *parts, last = ask("chat", MODEL, HELLO, tools=[weather], stream=True)
    assert [part.message.tool_calls for part in parts] == [whole.message.tool_calls]
    assert (last.done_reason, last.eval_count) == ("stop", whole.eval_count)


@pytest.mark.parametrize("stream", [False, True])
def test_a_json_schema_is_kept(ask: Ask, *, stream: bool) -> None:
    """An answer is an example of the schema, and each of its tokens is counted."""
    answer = ask("chat", MODEL, HELLO, format=Tree.model_json_schema(), stream=stream)
    parts = answer if stream else [answer]
    Tree.model_validate_json("".join(part.message.content for part in parts))
    if stream:
        assert parts[-1].eval_count == len(parts) - 1


def test_json_is_json(ask: Ask) -> None:
    """With `format: json` the answer is an object; without, it is words."""
    assert isinstance(json.loads(ask("generate", MODEL, "x", format="json").response), dict)
    assert ask("generate", MODEL, "x", format="").response == ask("generate", MODEL, "x").response


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "nothing"}, "invalid JSON schema in format"),
        ({"not": {}}, "the fake cannot make an answer for this JSON schema"),
        ({"$ref": "https://example.org/schema"}, "the fake cannot make an answer for this JSON schema"),
        ({"type": "string", "minLength": 10**9}, "the fake cannot make an answer for this JSON schema"),
    ],
)
def test_schemas_that_cannot_be_kept_are_refused(ask: Ask, schema: Any, expected: str) -> None:  # noqa: ANN401 - JSON
    """An answer that its schema does not allow is never given."""
    with pytest.raises(ollama.ResponseError) as caught:
        ask("generate", MODEL, "x", format=schema)
    assert (caught.value.status_code, caught.value.error) == (400, expected)


@pytest.mark.parametrize("method", ["generate", "chat"])
def test_thoughts_come_first_and_count(ask: Ask, wire: Wire, method: str) -> None:
    """With `think` a model thinks before it speaks, streamed and not, and says what it would say anyway."""
    prompt = "x" if method == "generate" else HELLO
    whole = ask(method, MODEL, prompt, think=True)
    told = whole.message if method == "chat" else whole
    words = told.content if method == "chat" else told.response
    assert said(ask, method, MODEL, prompt, think="high")[:2] == (told.thinking, words)
    assert said(ask, method, MODEL, prompt)[:2] == ("", words)
    assert whole.eval_count == len(told.thinking.split()) + len(words.split())
    assert wire.fakes.told("completion_tokens")[:2] == [(whole.eval_count,)] * 2


def test_a_stop_ends_the_answer_before_it(ask: Ask, wire: Wire) -> None:
    """Nothing from the first stop on is said, or counted."""
    whole = ask("generate", MODEL, "x").response
    stop = whole.split()[4]
    expected = whole[: whole.index(stop)].rstrip()
    _, words, last = said(ask, "generate", MODEL, "x", options={"stop": ["nowhere", stop], "temperature": 0.7})
    assert (words, last.done_reason, last.eval_count) == (expected, "stop", len(expected.split()))
    assert wire.fakes.told("completion_tokens")[1] == (len(expected.split()),)


@pytest.mark.parametrize("stream", [False, True])
def test_logprobs_are_those_of_the_tokens(ask: Ask, *, stream: bool) -> None:
    """Each token has its logarithmic probability, and the likely ones beside it, no likelier than itself."""
    answer = ask("generate", MODEL, "x", logprobs=True, top_logprobs=2, stream=stream)
    parts = answer if stream else [answer]
    told = [one for part in parts for one in part.logprobs or ()]
    assert "".join(one.token for one in told) == "".join(part.response for part in parts)
    assert {len(one.top_logprobs) for one in told} == {2}
    assert all(one.logprob == max(top.logprob for top in one.top_logprobs) <= 0 for one in told)


def test_a_context_goes_before_the_prompt(ask: Ask) -> None:
    """A generation hands out its context, and reads the one it is given; raw ones have none."""
    first = ask("generate", MODEL, "one two", suffix="three", images=[PIXEL])
    second = ask("generate", MODEL, "four", context=first.context)
    assert (first.prompt_eval_count, second.prompt_eval_count) == (3, len(first.context) + 1)
    assert ask("generate", MODEL, "four", raw=True).context is None


def test_pictures_are_taken_with_a_message(ask: Ask) -> None:
    """Images of a message are read, and one that is no base64 is refused as Go does."""
    assert ask("chat", MODEL, [{**HELLO[0], "images": [PIXEL]}]).message.content
    with pytest.raises(ollama.ResponseError) as caught:
        ask("chat", MODEL, [{**HELLO[0], "images": ["ab?cd"]}])
    assert (caught.value.status_code, caught.value.error) == (400, "illegal base64 data at input byte 2")


def test_embeddings_are_of_length_1_and_of_their_text(ask: Ask, wire: Wire) -> None:
    """A vector depends on its text alone, fewer dimensions are heeded, and tokens are counted."""
    one, two, again = ask("embed", MODEL, ["one", "two words", "one"]).embeddings
    assert (one == again, one == two, len(one)) == (True, False, 768)
    assert math.isclose(sum(number * number for number in one), 1)
    short = ask("embed", MODEL, "two words", dimensions=3)
    assert ([len(vector) for vector in short.embeddings], short.prompt_eval_count) == ([3], 2)
    assert short.load_duration <= short.total_duration
    assert ask("embeddings", MODEL, "one").embedding == one
    assert ask("embed", MODEL, []).embeddings == []
    assert wire.fakes.told("route", "prompt_tokens") == [("embed", 4), ("embed", 2), ("embeddings", 1), ("embed", 0)]


@pytest.mark.parametrize(
    ("method", "wanted", "expected"),
    [
        ("chat", {"messages": HELLO, "tools": [weather]}, f"registry.ollama.ai/library/{MODEL} does not support tools"),
        ("chat", {"messages": HELLO, "think": True}, f'"{MODEL}" does not support thinking'),
        ("generate", {"prompt": "x", "suffix": "y"}, f"registry.ollama.ai/library/{MODEL} does not support insert"),
        ("embed", {"input": "x"}, f"registry.ollama.ai/library/{MODEL} does not support embedding"),
    ],
)
def test_what_a_model_cannot_do_is_refused(
    ask: Ask, wire: Wire, method: str, wanted: dict[str, Any], expected: str
) -> None:
    """A capability that is not configured is missed in Ollama's words."""
    wire.fakes.configure(ollama={"capabilities": ["completion"]})
    with pytest.raises(ollama.ResponseError) as caught:
        ask(method, MODEL, **wanted)
    assert (caught.value.status_code, caught.value.error) == (400, expected)


@pytest.mark.parametrize(("method", "word"), [("generate", "generate"), ("chat", "chat")])
def test_a_model_for_embeddings_does_not_talk(ask: Ask, wire: Wire, method: str, word: str) -> None:
    """Without completion, text is refused."""
    wire.fakes.configure(ollama={"capabilities": ["embedding"]})
    with pytest.raises(ollama.ResponseError) as caught:
        ask(method, MODEL, "x" if method == "generate" else HELLO)
    assert (caught.value.status_code, caught.value.error) == (400, f'"{MODEL}" does not support {word}')


def test_every_kind_of_schema_is_kept(ask: Ask) -> None:
    """References, choices, bounds, formats and tuples, all in one."""
    schema = {
        "$defs": {"even": {"type": "integer", "multipleOf": 2, "minimum": 3, "exclusiveMaximum": 9}},
        "type": "object",
        "properties": {
            "even": {"$ref": "#/$defs/even"},
            "when": {"type": "string", "format": "date-time"},
            "choice": {"enum": ["a", 1, None]},
            "same": {"const": {"x": 1}},
            "any": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
            "all": {"allOf": [{"type": "number", "minimum": 2}, {"maximum": 2.1}]},
            "pair": {"prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2, "maxItems": 2},
            "set": {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 3},
        },
        "required": ["even", "when", "choice", "same", "any", "all", "pair", "set", "unknown"],
        "additionalProperties": {"type": "integer"},
    }
    for seed in range(8):
        validate(json.loads(ask("generate", MODEL, "x", format=schema, options={"seed": seed}).response), schema)
