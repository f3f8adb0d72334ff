from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import ollama
import openai
import pytest

if TYPE_CHECKING:
    from conftest import Ask, Wire

MODEL = "llama3.2:1b"
HELLO: Any = [{"role": "user", "content": "Hello, you."}]
BUSY = "server busy, please try again.  maximum pending requests exceeded"
DIED = "llama runner process has terminated"
STATUSES = [
    (400, "bad request"),
    (404, "model not found"),
    (429, "slow down"),
    (500, DIED),
    (502, "bad gateway"),
    (503, BUSY),
]
OPENAI = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    409: openai.ConflictError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
}
KINDS = {400: "invalid_request_error", 404: "not_found_error"}
RETRIED = {409, 429, 500, 503}


@pytest.mark.parametrize(("status", "message"), STATUSES)
@pytest.mark.parametrize("method", ["generate", "chat", "embed", "pull", "list"])
def test_ollamas_client_raises_what_was_sent(ask: Ask, wire: Wire, method: str, status: int, message: str) -> None:
    """Each status is a `ResponseError` after one attempt, with Ollama's words."""
    wire.fakes.fault("ollama", {"status": status, "message": message})
    arguments = {"generate": [MODEL, "x"], "chat": [MODEL, HELLO], "embed": [MODEL, "x"], "pull": [MODEL], "list": []}
    with pytest.raises(ollama.ResponseError) as caught:
        ask(method, *arguments[method])
    assert (caught.value.status_code, caught.value.error) == (status, message)
    assert wire.fakes.told("status", "error", "fault") == [(status, message, "fault")]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("effect", "status"), [({"reset": "before_headers"}, 0), ({"reset": 50}, 200)])
def test_ollamas_client_feels_a_reset(
    ask: Ask, wire: Wire, effect: dict[str, Any], status: int, *, stream: bool
) -> None:
    """A reset is an error of httpx's after one attempt, before the headers and after some bytes."""
    wire.fakes.fault("ollama", effect)
    # Over TLS, Python takes a reset for the end of the connection.
    with pytest.raises(httpx.ReadError if wire.url.startswith("http:") else httpx.TransportError):
        ask("generate", MODEL, "x", stream=stream)
    assert wire.fakes.told("status", "error", "completion_tokens") == [(status, "reset", 0)]


@pytest.mark.parametrize(("stream", "raised"), [(False, httpx.RemoteProtocolError), (True, json.JSONDecodeError)])
def test_ollamas_client_feels_a_cut(ask: Ask, wire: Wire, raised: type[Exception], *, stream: bool) -> None:
    """A body that is shorter than announced is a protocol error; half a line of a stream is no JSON."""
    wire.fakes.fault("ollama", {"truncate": 50})
    with pytest.raises(raised):
        ask("generate", MODEL, "x", stream=stream)
    assert wire.fakes.told("status", "error", "completion_tokens") == [(200, "truncated", 0)]


def test_ollamas_client_does_not_notice_a_stream_that_ends_early(ask: Ask, wire: Wire) -> None:
    """Cut at the end of a line, a stream raises nothing; what is missing is `done`."""
    wire.fakes.fault("ollama", {"truncate": 10**6})
    assert {part.done for part in ask("generate", MODEL, "x", stream=True)} == {False}
    assert wire.fakes.told("status", "error", "completion_tokens") == [(200, "truncated", 0)]


def test_an_error_in_mid_stream_has_no_status(ask: Ask, wire: Wire) -> None:
    """Ollama's client calls it -1, for the stream was a 200."""
    wire.fakes.fault("ollama", {"midstream_error": "CUDA error"})
    with pytest.raises(ollama.ResponseError) as caught:
        ask("chat", MODEL, HELLO, stream=True)
    assert (caught.value.status_code, caught.value.error) == (-1, "CUDA error")


def test_a_client_that_waits_in_vain_gives_up(wire: Wire) -> None:
    """What hangs is a time-out of the client's, and a client that went away in the journal."""
    wire.fakes.fault("ollama", {"hang": True})
    with (
        ollama.Client(host=wire.url, verify=wire.verify, timeout=0.2) as client,
        pytest.raises(httpx.TimeoutException),
    ):
        client.generate(MODEL, "x")
    wire.fakes.drained()
    assert wire.fakes.told("status", "error", "fault") == [(0, "client_disconnected", "fault")]


@pytest.mark.parametrize(("status", "raised"), OPENAI.items())
def test_openais_client_retries_what_it_can(ask_openai: Ask, wire: Wire, status: int, raised: type[Exception]) -> None:
    """One more attempt at 409, 429 and 5xx; all are one operation; the exception is the status's."""
    effect = {"status": status, "message": "m", "code": "c"}
    wire.fakes.fault("ollama", effect)
    with pytest.raises(raised) as caught:
        ask_openai("chat.completions.create", model=MODEL, messages=HELLO)
    assert caught.value.body == {  # type: ignore[attr-defined]  # all that is raised here has it
        "message": "m",
        "type": KINDS.get(status, "api_error"),
        "param": None,
        "code": "c",
    }
    entries = wire.fakes.told("status", "error", "operation")
    assert entries == [(status, "c", entries[0][2])] * (2 if status in RETRIED else 1)
    (count,) = wire.fakes.counts()
    assert (count["route"], count["outcome"], count["count"]) == ("v1_chat", "error", len(entries))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("effect", "attempts"), [({"reset": "before_headers"}, 2), ({"reset": 50}, 1), ({"midstream_error": "CUDA"}, 1)]
)
def test_openais_client_feels_every_cut(
    ask_openai: Ask, wire: Wire, effect: dict[str, Any], attempts: int, *, stream: bool
) -> None:
    """What breaks before the headers is tried again, and so is what is not streamed; all end in an error."""
    wire.fakes.fault("ollama", effect)
    with pytest.raises((openai.APIError, httpx.ReadError)):
        ask_openai("chat.completions.create", model=MODEL, messages=HELLO, stream=stream)
    assert len(wire.fakes.journal()) == (attempts if stream else 2)
    assert {outcome for (outcome,) in wire.fakes.told("outcome")} == {"error"}


def test_openais_client_tries_three_times(wire: Wire) -> None:
    """As it comes, the client makes three attempts, and they are one operation."""
    wire.fakes.fault("ollama", {"status": 503})
    with (
        openai.OpenAI(base_url=f"{wire.url}/v1", api_key="any", http_client=httpx.Client(verify=wire.verify)) as client,
        pytest.raises(openai.InternalServerError, match="server busy"),
    ):
        client.chat.completions.create(model=MODEL, messages=HELLO)
    assert len(set(wire.fakes.told("operation", "status"))) == 1
    assert len(wire.fakes.journal()) == 3


def test_openais_client_does_not_notice_a_stream_that_ends_early(ask_openai: Ask, wire: Wire) -> None:
    """A stream that is cut at the end of an event has no finish reason, and raises nothing."""
    wire.fakes.fault("ollama", {"truncate": 10**6})
    parts = ask_openai("chat.completions.create", model=MODEL, messages=HELLO, stream=True)
    assert {part.choices[0].finish_reason for part in parts} == {None}
    assert wire.fakes.told("error", "status") == [("truncated", 200)]


def test_nobody_there_is_a_connection_error(ask: Ask, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ollama's client has a message of its own where no one listens, and nothing is journalled."""
    monkeypatch.setitem(wire.fakes.urls, "ollama", "http://127.0.0.1:1")
    with pytest.raises(ConnectionError, match="Failed to connect to Ollama"):
        ask("list")
    assert wire.fakes.journal() == []
