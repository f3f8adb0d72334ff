from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import ollama
import pytest
from aiohttp.test_utils import make_mocked_request
from botocore.exceptions import ClientError

from promdrill_fakes.call import Call
from promdrill_fakes.config import parse
from promdrill_fakes.faults import FaultBook

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.client import BaseClient
    from conftest import Fakes

MODEL = "llama3.2:1b"


def outcomes(call: Callable[[], Any], times: int) -> list[bool]:
    """Return whether each of so many calls succeeded."""
    found = []
    for _ in range(times):
        try:
            call()
        except ollama.ResponseError:
            found.append(False)
        else:
            found.append(True)
    return found


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        ({}, [False] * 6),
        ({"every": 3}, [True, True, False, True, True, False]),
        ({"first": 2}, [False, False, True, True, True, True]),
        ({"count": 2}, [False, False, True, True, True, True]),
        ({"probability": 0.0}, [True] * 6),
        ({"probability": 1.0}, [False] * 6),
        ({"until": 3600}, [False] * 6),
        ({"after": 3600}, [True] * 6),
        ({"after": 0, "until": 3600, "every": 3}, [True, True, False, True, True, False]),
    ],
)
def test_triggers(llm: ollama.Client, fakes: Fakes, trigger: dict[str, Any], expected: list[bool]) -> None:
    """A fault strikes when its trigger says so, among the requests that match."""
    fakes.fault("ollama", {"status": 500}, trigger=trigger, match={"route": "generate"})
    llm.list()
    assert outcomes(lambda: llm.generate(MODEL, "x"), 6) == expected


def test_probability_depends_on_the_seed_alone(llm: ollama.Client, fakes: Fakes) -> None:
    """The same seed gives the same failures again; another seed gives others."""
    fakes.fault("ollama", {"status": 500}, trigger={"probability": 0.5})
    found = []
    for seed in (1, 1, 2):
        fakes.control.post("/reset", params={"seed": seed})
        found.append(outcomes(lambda: llm.generate(MODEL, "x"), 20))
    assert (found[0] == found[1], found[0] == found[2], len(set(found[0]))) == (True, False, 2)


@pytest.mark.parametrize(
    ("per", "expected"),
    [("attempt", [("error", True), ("ok", False)]), ("operation", [("error", True), ("error", True)])],
)
def test_a_fault_can_hold_for_the_retries(
    s3: BaseClient, fakes: Fakes, per: str, expected: list[tuple[str, bool]]
) -> None:
    """Per attempt, a retry gets through; per operation, it meets what its first attempt met."""
    fakes.fault("s3", {"status": 503}, trigger={"first": 1, "per": per})
    try:
        s3.put_object(Bucket="artifacts", Key="blog/1", Body=b"hello")
    except ClientError:
        assert per == "operation"
    assert [(entry["outcome"], entry["fault"] == "fault") for entry in fakes.journal()] == expected
    s3.put_object(Bucket="artifacts", Key="blog/2", Body=b"hello")


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({"model": MODEL}, [False, True]),
        ({"model": [MODEL, "mistral:7b"]}, [False, False]),
        ({"model": "mistral:7b", "route": "chat"}, [True, True]),
        ({"stream": True}, [True, True]),
        ({"header": {"X-Plan": "free"}}, [False, True]),
        ({"trace": "t-2"}, [True, False]),
    ],
)
def test_matchers(fakes: Fakes, match: dict[str, Any], expected: list[bool]) -> None:
    """A fault strikes requests whose columns and headers are as it says, and no others."""
    fakes.fault("ollama", {"status": 500}, match=match)
    found = []
    for model, headers in ((MODEL, {"X-Plan": "free"}), ("mistral:7b", {"X-Request-ID": "t-2"})):
        client = ollama.Client(host=fakes.urls["ollama"], headers=headers)
        with client._client:
            found += outcomes(partial(client.generate, model, "x"), 1)
    assert found == expected


@pytest.mark.parametrize(
    ("service", "match", "expected"),
    [
        ("ollama", {"test": "t-1"}, ["version"]),
        ("tts", {"provider": "piper"}, ["voices", "synthesize"]),
        ("tts", {"provider": ["elevenlabs", "gtts"]}, ["voice"]),
        ("tts", {"voice": "unheard"}, ["voice"]),
        ("tts", {"provider": "piper", "voice": "unheard"}, []),
        ("s3", {"bucket": "artifacts"}, ["PutObject", "GetObject", "GetObject"]),
        ("s3", {"verb": "get"}, ["GetObject", "GetObject"]),
        ("s3", {"key": "blog/1"}, ["PutObject", "GetObject"]),
        ("s3", {"key_prefix": "clip", "header": {"X-Plan": "free"}}, ["GetObject"]),
        ("s3", {"key_prefix": ["blog", "clip"], "route": "GetObject"}, ["GetObject", "GetObject"]),
        ("s3", {"operation": "inv-1"}, ["ListBuckets"]),
    ],
)
def test_matchers_of_each_service(fakes: Fakes, service: str, match: dict[str, Any], expected: list[str]) -> None:
    """Each field that a service knows picks out the requests that it names."""
    fakes.fault(service, {"status": 500}, match=match)
    with httpx.Client() as http:
        for name, method, path, headers in (
            ("ollama", "GET", "/api/version", {"X-Test-ID": "t-1"}),
            ("ollama", "GET", "/api/tags", {"X-Test-ID": "t-2", "X-Request-ID": "t-1"}),
            ("piper", "GET", "/voices", {}),
            ("piper", "POST", "/synthesize", {}),
            ("elevenlabs", "GET", "/v1/voices/unheard", {"xi-api-key": "any"}),
            ("s3", "GET", "/", {"amz-sdk-invocation-id": "inv-1"}),
            ("s3", "PUT", "/artifacts/blog/1", {}),
            ("s3", "GET", "/artifacts/blog/1", {}),
            ("s3", "GET", "/artifacts/clip/1", {"X-Plan": "free"}),
        ):
            http.request(method, f"{fakes.urls[name]}{path}", headers=headers)
    assert fakes.told("route", fault="fault") == [(route,) for route in expected]


def test_a_window_is_counted_from_when_the_fault_was_put() -> None:
    """It opens after so many seconds and closes again; a change of the fault, or a reset, winds it back."""
    now = 100.0
    book = FaultBook(clock=lambda: now)
    request = make_mocked_request("GET", "/")

    def struck(*seconds: float) -> list[bool]:
        calls = [Call(request, "ollama", "tags", started=now + later) for later in seconds]
        return [book.decide(call)[0] == "x" for call in calls]

    def put(status: int) -> None:
        rule = {"service": "ollama", "trigger": {"after": 2, "until": 4}, "effect": {"status": status}}
        book.put(parse({"faults": {"x": rule}}).faults, seed=1)

    put(500)
    assert struck(0, 1.9, 2, 3.9, 4, 9) == [False, False, True, True, False, False]
    now = 103.0
    put(500)
    assert struck(0, 1) == [True, False]
    put(501)
    assert struck(0, 1, 2, 3) == [False, False, True, True]
    now = 105.0
    book.reset()
    assert struck(0, 1, 2) == [False, False, True]


def test_one_key_of_a_batch_is_enough(s3: BaseClient, fakes: Fakes) -> None:
    """A fault that matches one key of a batch delete fails the call, and every key's entry says so."""
    s3.put_object(Bucket="artifacts", Key="blog/1", Body=b"hello")
    fakes.fault("s3", {"status": 403}, match={"key_prefix": "clip"})
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_objects(Bucket="artifacts", Delete={"Objects": [{"Key": "blog/1"}, {"Key": "clip/2"}]})
    assert fakes.told("key", "bytes", "outcome", "fault", route="DeleteObjects") == [
        ("blog/1", 0, "error", "fault"),
        ("clip/2", 0, "error", "fault"),
    ]
    assert s3.head_object(Bucket="artifacts", Key="blog/1")["ContentLength"] == 5


def test_the_first_of_several_faults_wins(llm: ollama.Client, fakes: Fakes) -> None:
    """Where two faults would strike, the one that was put first does, and the other counts the attempt all the same."""
    for name, message in (("b", "first"), ("a", "second")):
        rule = {"service": "ollama", "effect": {"status": 500, "message": message}, "trigger": {"every": 2}}
        fakes.control.put(f"/faults/{name}", json=rule).raise_for_status()
    outcomes(lambda: llm.generate(MODEL, "x"), 4)
    assert fakes.told("error", "fault") == [(None, None), ("first", "b")] * 2


def test_a_fault_is_gone_when_deleted(llm: ollama.Client, fakes: Fakes) -> None:
    """Faults come and go by name while the fakes run."""
    fakes.fault("ollama", {"status": 500})
    assert list(fakes.control.get("/faults").json()) == ["fault"]
    assert outcomes(lambda: llm.generate(MODEL, "x"), 1) == [False]
    assert fakes.control.delete("/faults/fault").status_code == 204
    assert fakes.control.delete("/faults/fault").status_code == 404
    assert outcomes(lambda: llm.generate(MODEL, "x"), 1) == [True]
    assert fakes.control.get("/faults").json() == {}
