from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import ollama
import pytest
from botocore.exceptions import ClientError

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
