from __future__ import annotations

import asyncio
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import ollama
import pytest

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from conftest import Fakes

MODEL = "llama3.2:1b"
COMMON = ["seq", "service", "route", "trace", "trace_id", "test", "operation", "status", "outcome", "error", "fault"]
TIMES = ["started", "finished", "latency", "latency_served"]


def test_an_entry_has_the_columns_of_its_service(llm: ollama.Client, s3: BaseClient, fakes: Fakes) -> None:
    """Every entry is flat, and has the common columns and those of its service, in that order."""
    llm.chat(MODEL, [{"role": "user", "content": "x"}])
    httpx.post(fakes.urls["piper"], json={"text": "x"})
    s3.list_buckets()
    assert [list(entry) for entry in fakes.journal()] == [
        [*COMMON, *TIMES, "model", "prompt_tokens", "completion_tokens", "stream"],
        [*COMMON, *TIMES, "provider", "voice", "model", "speaker", "characters", "audio_bytes", "audio_seconds"],
        [*COMMON, *TIMES, "verb", "bucket", "key", "key_prefix", "bytes"],
    ]


@pytest.mark.parametrize(
    ("headers", "trace", "trace_id"),
    [
        ({}, None, None),
        ({"X-Request-ID": "r-1"}, "r-1", None),
        ({"X-Trace-ID": "t-1"}, None, "t-1"),
        (
            {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
            "0af7651916cd43dd8448eb211c80319c",
            "0af7651916cd43dd8448eb211c80319c",
        ),
        ({"X-Request-ID": "r-1", "X-Trace-ID": "t-1", "traceparent": "00-0af7-b7-01"}, "r-1", "t-1"),
        ({"traceparent": "nonsense"}, None, None),
    ],
)
def test_the_traces_come_from_the_headers(
    fakes: Fakes, headers: dict[str, str], trace: str | None, trace_id: str | None
) -> None:
    """X-Request-ID joins an entry to the test's request, X-Trace-ID to the app's; each else the id of traceparent."""
    httpx.get(fakes.urls["ollama"], headers=headers)
    assert fakes.told("trace", "trace_id") == [(trace, trace_id)]


def test_since_gives_only_what_is_new(fakes: Fakes) -> None:
    """Sequence numbers count from 1; `since` leaves out what was already read."""
    for _ in range(3):
        httpx.get(fakes.urls["ollama"])
    lines = fakes.control.get("/journal", params={"since": 2})
    assert lines.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line)["seq"] for line in lines.text.splitlines()] == [3]
    assert fakes.control.get("/journal", params={"since": 3}).text == ""
    assert fakes.control.get("/journal", params={"since": "x"}).status_code == 400


def test_journal_and_ledger_of_one_test(fakes: Fakes) -> None:
    """`test` gives what belongs to one test, by its X-Test-ID or by its trace, numbered and counted as it was."""
    for headers in ({"X-Test-ID": "a"}, {}, {"X-Request-ID": "a"}, {"X-Test-ID": "b", "X-Request-ID": "c"}):
        httpx.get(f"{fakes.urls['ollama']}/api/version", headers=headers)
    about = {"service": "ollama", "route": "version", "model": None, "outcome": "ok", "fault": None}
    for test, found in (("a", [1, 3]), ("b", [4]), ("c", [4]), ("d", [])):
        lines = fakes.control.get("/journal", params={"test": test}).text.splitlines()
        assert [json.loads(line)["seq"] for line in lines] == found
        ledger = fakes.control.get("/ledger", params={"test": test}).json()
        assert (ledger["entries"], ledger["counts"]) == (len(found), [{**about, "count": len(found)}] if found else [])
    assert [json.loads(line)["seq"] for line in fakes.control.get("/journal?test=a&since=1").text.splitlines()] == [3]


def test_the_ledger_has_the_raw_durations(fakes: Fakes) -> None:
    """For each group, what was asked for and what was served, of each attempt, on the clock of the journal."""
    fakes.configure(latency={"ollama": {"version": {"uniform": {"low": 0.001, "high": 0.003}}}})
    for path in ("version", "tags", "version"):
        httpx.get(f"{fakes.urls['ollama']}/api/{path}", headers={"X-Test-ID": path})
    about = {"service": "ollama", "model": None, "outcome": "ok", "fault": None}
    expected = [
        {
            **about,
            "route": route,
            "latency": [entry["latency"] for entry in fakes.journal(route=route)],
            "latency_served": [entry["latency_served"] for entry in fakes.journal(route=route)],
            "served": [entry["finished"] - entry["started"] for entry in fakes.journal(route=route)],
        }
        for route in ("version", "tags")
    ]
    assert fakes.control.get("/ledger/durations").json() == {"durations": expected}
    assert fakes.control.get("/ledger/durations?test=tags").json() == {"durations": expected[1:]}
    assert expected[1]["latency_served"] == [0.0]


def test_an_answer_is_in_the_journal_before_the_client_has_it(llm: ollama.Client, fakes: Fakes) -> None:
    """Whenever a client has a whole answer, streamed or not, the ledger has counted it, and nothing is in flight."""
    for number in range(1, 41):
        list(llm.generate(MODEL, "x", stream=True)) if number % 2 else llm.generate(MODEL, "x")
        ledger = fakes.control.get("/ledger").json()
        assert (ledger["entries"], ledger["in_flight"]) == (number, 0)


def test_the_ledger_counts_exactly_under_concurrency(fakes: Fakes) -> None:
    """Of many calls at once, each is counted once, by route, key, outcome and fault."""
    fakes.fault("ollama", {"status": 500}, trigger={"every": 4}, match={"route": "generate", "model": MODEL})

    async def load() -> None:
        client = ollama.AsyncClient(host=fakes.urls["ollama"])
        async with client._client:
            calls = [client.generate((MODEL, "mistral:7b")[number % 2], f"{number}") for number in range(200)]
            await asyncio.gather(*calls, return_exceptions=True)

    asyncio.run(load())
    about = {"service": "ollama", "route": "generate"}
    assert sorted(fakes.counts(), key=lambda count: count["count"]) == [
        {**about, "model": MODEL, "outcome": "error", "fault": "fault", "count": 25},
        {**about, "model": MODEL, "outcome": "ok", "fault": None, "count": 75},
        {**about, "model": "mistral:7b", "outcome": "ok", "fault": None, "count": 100},
    ]


def test_attempts_and_operations_are_told_apart(s3: BaseClient, fakes: Fakes) -> None:
    """Of ten operations of which every third attempt fails, the journal has each attempt and ten operations."""
    fakes.fault("s3", {"status": 503}, trigger={"every": 3})
    with ThreadPoolExecutor(4) as pool:
        for number in range(10):
            pool.submit(s3.put_object, Bucket="artifacts", Key=f"blog/{number}", Body=b"12345")
    entries = fakes.journal()
    tries = Counter(entry["operation"] for entry in entries)
    failed = [entry for entry in entries if entry["outcome"] == "error"]
    assert (len(tries), len(failed)) == (10, len(entries) // 3)
    assert sorted(fakes.counts(), key=lambda count: count["outcome"], reverse=True) == [
        {
            "service": "s3",
            "route": "PutObject",
            "verb": "put",
            "bucket": "artifacts",
            "key_prefix": "blog",
            "outcome": outcome,
            "fault": fault,
            "count": count,
        }
        for outcome, fault, count in (("ok", None, len(entries) - len(failed)), ("error", "fault", len(failed)))
    ]


def test_a_client_that_leaves_is_journalled(fakes: Fakes) -> None:
    """A request whose client goes away is an entry too, with an error."""
    fakes.configure(ollama={"tokens_per_second": 20})
    body = {"model": MODEL, "prompt": "x"}
    with httpx.stream("POST", f"{fakes.urls['ollama']}/api/generate", json=body) as answer:
        next(answer.iter_lines())
    fakes.drained()
    assert fakes.told("status", "outcome", "error", "completion_tokens") == [(200, "error", "client_disconnected", 0)]


def test_reset_forgets_what_was_recorded_and_stored(s3: BaseClient, fakes: Fakes) -> None:
    """After reset the journal is empty, so are the buckets, and numbers begin again; the configuration stays."""
    fakes.configure(ollama={"models": ["phi3"]})
    s3.put_object(Bucket="artifacts", Key="x", Body=b"")
    assert fakes.control.post("/reset", params={"seed": 9}).json() == {"seed": 9}
    ledger = fakes.control.get("/ledger").json()
    assert (ledger["in_flight"], ledger["entries"], ledger["counts"]) == (0, 0, [])
    assert s3.list_objects_v2(Bucket="artifacts")["KeyCount"] == 0
    assert fakes.told("seq", "route") == [(1, "ListObjectsV2")]
    config = fakes.control.get("/config").json()
    assert (config["seed"], config["ollama"]["models"]) == (9, ["phi3"])
