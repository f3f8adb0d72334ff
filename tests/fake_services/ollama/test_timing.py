from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import ollama
import pytest

if TYPE_CHECKING:
    from conftest import Fakes

MODEL, OTHER = "llama3.2:1b", "mistral:7b"
BUSY = "server busy, please try again.  maximum pending requests exceeded"
SLOW = {"min_tokens": 20, "max_tokens": 20, "tokens_per_second": 200}


def spent(answer: Any) -> dict[str, int]:  # noqa: ANN401 - any answer with durations
    """Return the nanoseconds that an answer accounts for."""
    return {part: answer.get(f"{part}_duration") or 0 for part in ("load", "prompt_eval", "eval", "total")}


@pytest.fixture
def client(fakes: Fakes) -> ollama.Client:
    """Return the official client, without a connection kept open."""
    return ollama.Client(host=fakes.urls["ollama"], timeout=5, headers={"Connection": "close"})


@pytest.fixture(autouse=True)
def _closed(client: ollama.Client) -> Any:  # noqa: ANN401 - a generator
    yield
    client.close()


def test_each_time_is_as_configured(client: ollama.Client, fakes: Fakes) -> None:
    """Load, prompt (overhead and tokens) and tokens take what is configured, and no less."""
    fakes.configure(
        ollama={
            **SLOW,
            "load_seconds": 0.02,
            "prompt_overhead_seconds": 0.01,
            "prompt_tokens_per_second": 400,
        }
    )
    before = time.monotonic()
    *_, last = client.generate(MODEL, "one two three four", stream=True)
    wire = (time.monotonic() - before) * 1e9
    told = spent(last)
    assert told["load"] >= 20_000_000
    assert told["prompt_eval"] >= 20_000_000
    assert told["eval"] >= 100_000_000
    assert told["load"] + told["prompt_eval"] + told["eval"] <= told["total"] <= wire


def test_an_embedding_reports_its_times(client: ollama.Client, fakes: Fakes) -> None:
    """A cold model is loaded for embeddings too, and the prompt is read at its rate."""
    fakes.configure(ollama={"load_seconds": 0.02, "prompt_tokens_per_second": 100})
    cold, warm = client.embed(MODEL, "one two"), client.embed(MODEL, "one two")
    assert cold.load_duration >= 20_000_000 > (warm.load_duration or 0)
    assert warm.total_duration >= 20_000_000


def test_calls_wait_for_the_same_load(client: ollama.Client, fakes: Fakes) -> None:
    """A model is loaded once, however many calls wait for it."""
    fakes.configure(ollama={"load_seconds": 0.3})
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: client.generate(MODEL, "x"), range(3)))
    entries = fakes.journal(route="generate")
    assert max(entry["finished"] for entry in entries) - min(entry["started"] for entry in entries) < 0.6
    assert min(entry["finished"] for entry in entries) - min(entry["started"] for entry in entries) >= 0.3


def test_calls_take_turns_and_the_rest_are_refused(client: ollama.Client, fakes: Fakes) -> None:
    """One is answered, one waits, and of what comes on top each is a 503; another model has its own turns."""
    fakes.configure(
        ollama={"min_tokens": 1, "max_tokens": 1, "tokens_per_second": 4, "num_parallel": 1, "max_queue": 1}
    )
    ready = threading.Barrier(4)

    def call(_number: int) -> tuple[int, str | None]:
        ready.wait()
        try:
            return 200, client.generate(MODEL, "x").done_reason
        except ollama.ResponseError as error:
            return error.status_code, error.error

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(call, range(4))) == [(200, "stop")] * 2 + [(503, BUSY)] * 2
    first, second = fakes.journal(outcome="ok")
    assert second["finished"] - first["finished"] >= 0.25
    assert fakes.told("error", outcome="error") == [(BUSY,)] * 2
    assert client.generate(OTHER, "x").done


@pytest.mark.parametrize("effect", [{"reset": 10}, {"truncate": 10}, {"midstream_error": "x"}, {"status": 500}])
def test_a_turn_ends_however_its_call_does(client: ollama.Client, fakes: Fakes, effect: dict[str, Any]) -> None:
    """A call that a fault breaks off gives its turn back, and so does a client that goes away."""
    fakes.configure(ollama={**SLOW, "num_parallel": 1, "max_queue": 0})
    fakes.fault("ollama", effect, trigger={"first": 1})
    with suppress(ollama.ResponseError, ValueError, httpx.TransportError):
        list(client.generate(MODEL, "x", stream=True))
    assert fakes.told("fault") == [("fault",)]
    next(iter(client.generate(MODEL, "x", stream=True)))
    client.close()
    fakes.drained()
    with ollama.Client(host=fakes.urls["ollama"], timeout=5) as again:
        assert again.generate(MODEL, "x").done_reason == "stop"


def test_a_model_that_answers_stays(client: ollama.Client, fakes: Fakes) -> None:
    """`keep_alive` counts from the end of a call: with 0 the model is there while it speaks, and gone after."""
    fakes.configure(ollama=SLOW)
    stream = client.generate(MODEL, "x", stream=True, keep_alive=0)
    next(stream)
    assert [model.model for model in client.ps().models] == [MODEL]
    assert list(stream)[-1].done
    assert client.ps().models == []


def test_a_chat_without_messages_loads_and_unloads(client: ollama.Client) -> None:
    """No message: the model is loaded; with `keep_alive: 0` it is unloaded; nothing is said or counted."""
    loaded = client.chat(MODEL, [])
    assert (loaded.done_reason, loaded.message.content, loaded.eval_count) == ("load", "", None)
    assert len(client.ps().models) == 1
    assert client.chat(MODEL, [], keep_alive=0).done_reason == "unload"
    assert client.ps().models == []


def test_what_is_zero_is_left_out(client: ollama.Client) -> None:
    """A prompt of no token has no count."""
    assert client.generate(MODEL, " ").prompt_eval_count is None


def test_a_model_is_slower_for_many(client: ollama.Client, fakes: Fakes) -> None:
    """With a load factor, a call that has company takes longer over each token."""
    fakes.configure(ollama={**SLOW, "min_tokens": 8, "max_tokens": 8}, load_factor={"ollama": 1.0})
    first = client.generate(MODEL, "x", stream=True)
    next(first)
    second = client.generate(MODEL, "x")
    assert (second.eval_duration or 0) >= 2 * 8 / 200 * 1e9
    assert list(first)[-1].eval_duration < (second.eval_duration or 0)
