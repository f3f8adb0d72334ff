from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import ollama
import pytest

if TYPE_CHECKING:
    from conftest import Fakes

MODEL = "llama3.2:1b"
HELLO = [{"role": "user", "content": "Hello, you."}]


def spent(answer: ollama.GenerateResponse) -> int:
    """Return the nanoseconds that an answer accounts for."""
    return sum(answer.get(f"{part}_duration") or 0 for part in ("load", "prompt_eval", "eval"))


def test_generate_tells_what_it_counted(llm: ollama.Client, fakes: Fakes) -> None:
    """An answer's token counts are those of its text, and those that the journal holds."""
    answer = llm.generate(MODEL, "Hello, you.")
    assert answer.response is not None
    expected = {"prompt_tokens": 4, "completion_tokens": len(answer.response.split()), "stream": False, "model": MODEL}
    (entry,) = fakes.journal()
    assert {name: entry[name] for name in expected} == expected
    assert (answer.prompt_eval_count, answer.eval_count) == (4, expected["completion_tokens"])


def test_a_stream_and_a_whole_answer_say_the_same(llm: ollama.Client) -> None:
    """The text depends on the seed and the prompt, not on how it is asked for."""
    whole = llm.generate(MODEL, "Tell me.")
    parts = list(llm.generate(MODEL, "Tell me.", stream=True))
    assert "".join(part.response or "" for part in parts) == whole.response
    assert [part.done for part in parts] == [False] * (whole.eval_count or 0) + [True]
    assert parts[-1].context == whole.context


def test_chat_streams_one_token_a_message(llm: ollama.Client) -> None:
    """A streamed chat ends with `done`, a reason and the counts."""
    parts = list(llm.chat(MODEL, HELLO, stream=True))
    whole = llm.chat(MODEL, HELLO)
    assert "".join(part.message.content or "" for part in parts) == whole.message.content
    assert {part.message.role for part in parts} == {"assistant"}
    assert (parts[-1].done_reason, parts[-1].eval_count) == ("stop", len(parts) - 1)


def test_the_async_client_gets_the_same_text(llm: ollama.Client, fakes: Fakes) -> None:
    """The asynchronous client, streaming or not, gets what the synchronous one gets."""

    async def ask() -> tuple[str | None, str]:
        client = ollama.AsyncClient(host=fakes.urls["ollama"])
        async with client._client:
            whole = await client.chat(MODEL, HELLO)
            parts = [part async for part in await client.chat(MODEL, HELLO, stream=True)]
        return whole.message.content, "".join(part.message.content or "" for part in parts)

    expected = llm.chat(MODEL, HELLO).message.content
    assert asyncio.run(ask()) == (expected, expected)


def test_the_seed_of_a_request_changes_the_text(llm: ollama.Client, fakes: Fakes) -> None:
    """A request's own seed outweighs the configured one."""
    first, again, other = (llm.generate(MODEL, "x", options={"seed": seed}).response for seed in (7, 7, 8))
    assert (first == again, first == other) == (True, False)
    fakes.configure(seed=7)
    assert llm.generate(MODEL, "x").response == first


def test_num_predict_cuts_the_answer(llm: ollama.Client) -> None:
    """No more tokens than asked for, and the reason says so."""
    answer = llm.generate(MODEL, "x", options={"num_predict": 3})
    assert (answer.eval_count, answer.done_reason) == (3, "length")


@pytest.mark.parametrize("stream", [False, True])
def test_durations_agree_with_the_wire(llm: ollama.Client, fakes: Fakes, *, stream: bool) -> None:
    """Load + prompt_eval + eval ≤ total ≤ served, in nanoseconds, with each of the three as long as configured."""
    fakes.configure(
        ollama={"load_seconds": 0.02, "prompt_tokens_per_second": 400, "tokens_per_second": 400, "max_tokens": 8}
    )
    answer: Any = llm.generate(MODEL, "one two three four", stream=stream)  # type: ignore[call-overload]  # typed for literals
    answer = list(answer)[-1] if stream else answer
    (entry,) = fakes.journal()
    assert answer.load_duration >= 20_000_000
    assert answer.prompt_eval_duration >= 10_000_000
    assert answer.eval_duration >= 20_000_000
    assert spent(answer) <= answer.total_duration <= (entry["finished"] - entry["started"]) * 1e9


def test_a_loaded_model_shows_in_ps_and_loads_no_more(llm: ollama.Client, fakes: Fakes) -> None:
    """A model is loaded by its first call, stays, and is unloaded by `keep_alive: 0`."""
    fakes.configure(ollama={"load_seconds": 0.03})
    assert llm.ps().models == []
    assert llm.generate(MODEL, "").done_reason == "load"
    assert [model.model for model in llm.ps().models] == [MODEL]
    assert (llm.generate(MODEL, "x").load_duration or 0) < 30_000_000
    assert llm.generate(MODEL, "", keep_alive=0).done_reason == "unload"
    assert llm.ps().models == []


def test_models_are_those_configured(llm: ollama.Client, fakes: Fakes) -> None:
    """The list has the configured models; a name without a tag means latest."""
    fakes.configure(ollama={"models": ["phi3", MODEL], "capabilities": ["completion"]})
    assert [model.model for model in llm.list().models] == ["phi3:latest", MODEL]
    assert llm.generate("phi3", "x").done_reason == "stop"
    assert llm.show("phi3").capabilities == ["completion"]


@pytest.mark.parametrize("call", ["generate", "chat"])
def test_an_unknown_model_is_404(llm: ollama.Client, fakes: Fakes, call: str) -> None:
    """A model that is not there is refused in Ollama's words, and journalled as an error."""
    with pytest.raises(ollama.ResponseError) as caught:
        getattr(llm, call)("nope", "x" if call == "generate" else HELLO)
    assert (caught.value.status_code, caught.value.error) == (404, "model 'nope' not found")
    assert fakes.told("route", "model", "status", "outcome", "error", "completion_tokens") == [
        (call, "nope", 404, "error", "model 'nope' not found", 0)
    ]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("generate", b"", "missing request body"),
        ("generate", b"{", "unexpected EOF"),
        ("chat", b"x", "invalid character 'x' looking for beginning of value"),
        ("chat", b"{}", "model is required"),
        ("chat", b"[]", "json: cannot unmarshal array into Go value of type api.ChatRequest"),
        (
            "generate",
            b'{"model": 1}',
            "json: cannot unmarshal number into Go struct field GenerateRequest.model of type string",
        ),
        (
            "generate",
            b'{"model": "mistral:7b", "prompt": "x", "raw": true, "system": "y"}',
            "raw mode does not support template, system, or context",
        ),
        ("generate", b'{"model": "mistral:7b", "keep_alive": "soon"}', 'time: invalid duration "soon"'),
        (
            "generate",
            b'{"model": "mistral:7b", "options": {"num_predict": "all"}}',
            'option "num_predict" must be of type integer',
        ),
        ("chat", b'{"model": "mistral:7b", "messages": [], "think": true}', '"mistral:7b" does not support thinking'),
    ],
)
def test_bad_requests_are_refused_in_ollamas_words(fakes: Fakes, path: str, body: bytes, expected: str) -> None:
    """What Ollama cannot use is a 400 with its message."""
    fakes.configure(ollama={"capabilities": ["completion"]})
    answer = httpx.post(f"{fakes.urls['ollama']}/api/{path}", content=body)
    assert (answer.status_code, answer.json()) == (400, {"error": expected})


def test_the_root_says_that_ollama_is_running(fakes: Fakes) -> None:
    """GET and HEAD of the root are answered, HEAD without a body."""
    root = fakes.urls["ollama"]
    assert (httpx.get(root).text, httpx.head(root).text) == ("Ollama is running", "")
    assert httpx.get(f"{root}/api/version").json() == {"version": "0.12.6"}


def test_what_is_not_there_is_404_and_a_wrong_method_405(fakes: Fakes) -> None:
    """Paths and methods that Ollama has not are answered as its router does."""
    missing, wrong = httpx.get(f"{fakes.urls['ollama']}/api/nope"), httpx.put(f"{fakes.urls['ollama']}/api/chat")
    assert (missing.status_code, missing.text) == (404, "404 page not found")
    assert (wrong.status_code, wrong.text) == (405, "405 method not allowed")
    assert fakes.told("route", "outcome") == [("unknown", "error")] * 2
