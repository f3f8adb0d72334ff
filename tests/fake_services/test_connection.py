from __future__ import annotations

import json
import re
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from promdrill_fakes.config import Config
from promdrill_fakes.handler import Handler
from promdrill_fakes.head import parse_head
from promdrill_fakes.ollama.provider import Ollama
from promdrill_fakes.s3.payload import INLINE
from promdrill_fakes.s3.provider import S3
from promdrill_fakes.shared_state import SharedState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Fakes

    from promdrill_fakes.call import Answer, Call

CHAT = {"model": "llama3.2:1b", "messages": [{"role": "user", "content": "Hello, you."}], "stream": False}
STAMPS = re.compile(rb"(?:Date|Last-Modified|x-amz-[ir].*): .*\r\n|<(RequestId|HostId|LastModified)>[^<]+</\1>")
TIMES = re.compile(rb'"(?:created_at|[a-z_]+_duration|created|id)":(?:\d+|"[^"]*"),?')
OFTEN = {"seq", "operation", "started", "finished"}


def request(path: str, data: object, headers: str = "") -> bytes:
    """Return a request as it goes over the wire."""
    body = json.dumps(data)
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def asked(method: str, path: str, headers: str = "", body: bytes = b"") -> bytes:
    """Return a request to S3 as it goes over the wire."""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}{length}\r\n".encode() + body


def spoken(fakes: Fakes, *pieces: bytes, answers: int = 1, service: str = "ollama") -> list[tuple[bytes, bytes]]:
    """Send pieces one after the other on one connection; return head and body of each answer."""
    host, port = fakes.urls[service].removeprefix("http://").split(":")
    received = []
    with socket.create_connection((host, int(port)), timeout=5) as connection, connection.makefile("rb") as file:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
            if piece is not pieces[-1]:
                fakes.control.get("/health")  # what was sent has arrived by the time that this is answered
        for _ in range(answers):
            head = b"".join(iter(file.readline, b"\r\n"))
            length = re.search(rb"Content-Length: (\d+)", head)
            size = 0 if length is None or pieces[0].startswith(b"HEAD") else int(length[1])
            received.append((head, file.read(size)))
    return received


def timeless(entry: dict[str, Any]) -> dict[str, Any]:
    """Return a journal's entry without what is another one each time."""
    return {name: value for name, value in entry.items() if name not in OFTEN}


@pytest.mark.parametrize(
    ("path", "data", "headers"),
    [
        ("/api/chat", CHAT, ""),
        ("/api/generate", {"model": "mistral:7b", "prompt": "x", "stream": False}, "X-Request-ID: r-1\r\n"),
        ("/api/chat", {**CHAT, "messages": []}, "traceparent: 00-abc-def-01\r\n"),
        ("/v1/chat/completions", CHAT, "x-stainless-retry-count: 0\r\nX-Test-ID: t-1\r\n"),
        ("/v1/completions", {"model": "mistral:7b", "prompt": "x"}, "Authorization: Bearer any\r\n"),
        ("/api/chat", {**CHAT, "format": {"not": {}}}, "X-Trace-ID: t-1\r\n"),
        ("/api/chat", {**CHAT, "model": "nope"}, ""),
        ("/api/chat", {**CHAT, "messages": 1}, ""),
    ],
)
def test_both_ways_say_and_journal_the_same(fakes: Fakes, path: str, data: object, headers: str) -> None:
    """A request in one piece and one in two get the same answer and the same entry, but for times and ids."""
    whole = request(path, data, headers)
    answers = [spoken(fakes, whole)[0], spoken(fakes, whole[:-5], whole[-5:])[0]]
    (first, said), (second, again) = ((re.sub(rb"(?:Date|Content-Length): .*\r\n", b"", h), b) for h, b in answers)
    assert (first, TIMES.sub(b"", said)) == (second, TIMES.sub(b"", again))
    one, other = fakes.journal()
    assert timeless(one) == timeless(other)
    assert one["started"] <= one["finished"] <= time.monotonic()


def test_a_connection_is_handed_over_at_any_request(fakes: Fakes) -> None:
    """Two requests at once, one with a header of its own, a stream: each connection goes on after it."""
    chat = request("/api/chat", CHAT)
    assert len(spoken(fakes, chat, chat, answers=2)) == 2
    assert len(spoken(fakes, chat + chat, chat, answers=3)) == 3
    assert len(spoken(fakes, chat, request("/api/chat", CHAT, "X-Own: 1\r\n"), chat, answers=3)) == 3
    assert len(fakes.journal(outcome="ok")) == 8


def test_what_is_configured_is_felt_by_the_next_request(fakes: Fakes) -> None:
    """A fault or a latency that comes while a connection is open strikes there, and is gone when it is taken away."""
    chat = request("/api/chat", CHAT)
    host, port = fakes.urls["ollama"].removeprefix("http://").split(":")
    statuses = []
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        for change in ({}, {"faults": {"f": {"service": "ollama", "effect": {"status": 500}}}}, {"faults": None}):
            fakes.configure(**change)
            connection.sendall(chat)
            statuses.append(connection.recv(65536).split(b" ", 2)[1])
    assert statuses == [b"200", b"500", b"200"]
    fakes.configure(latency={"ollama": {"chat": {"constant": {"seconds": 0.02}}}})
    spoken(fakes, chat)
    assert fakes.told("latency", "fault") == [(0.0, None), (0.0, "f"), (0.0, None), (0.02, None)]


@pytest.mark.parametrize(
    "whole",
    [
        asked("PUT", "/door/key", "Content-Type: text/plain\r\nx-amz-meta-a: b\r\nX-Test-ID: t-1\r\n", b"other bytes"),
        asked("PUT", "/door/key", "Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==\r\n", b"other bytes"),
        asked("PUT", "/door/key", "If-None-Match: *\r\namz-sdk-invocation-id: one\r\n", b"other bytes"),
        asked("PUT", "/nowhere/key", "", b"other bytes"),
        asked(
            "PUT",
            "/door/key",
            "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n",
            b"b\r\nother bytes\r\n0\r\n\r\n",
        ),
        asked("PUT", "/door/key", "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n", b"no chunks"),
        asked("PUT", "/door/large", "", bytes(200_000)),
        asked("GET", "/door/key", "X-Test-ID: t-1\r\n"),
        asked("GET", "/door/key", "Range: bytes=2-4\r\n"),
        asked("GET", "/door/key", "If-None-Match: *\r\n"),
        asked("GET", "/door/nothing"),
        asked("GET", "/door"),
        asked("HEAD", "/door/key", "x-amz-checksum-mode: ENABLED\r\n"),
        asked("HEAD", "/door/nothing"),
        asked("DELETE", "/door/key"),
        asked("POST", "/door/key"),
    ],
)
def test_s3_says_and_journals_the_same_both_ways(fakes: Fakes, whole: bytes) -> None:
    """In one piece, in two, by way of aiohttp: the same answer and the same entry, but for times and ids."""
    line, end, rest = whole.partition(b"\r\n")
    answers, entries = [], []
    for pieces in ((whole,), (whole[:-1], whole[-1:]), (line + end + b"Own: 1\r\n" + rest,)):
        spoken(fakes, asked("PUT", "/door"), service="s3")
        spoken(fakes, asked("PUT", "/door/key", "", b"bytes"), service="s3")
        [(head, body)] = spoken(fakes, *pieces, service="s3")
        answers.append((STAMPS.sub(b"", head), STAMPS.sub(b"", body)))
        entries.append(timeless(fakes.journal()[-1]))
    assert answers == [answers[0]] * 3
    assert entries == [entries[0]] * 3


@pytest.fixture
def client(fakes: Fakes) -> Iterator[socket.socket]:
    """Return a connection to S3, which has a bucket."""
    fakes.configure(s3={"buckets": ["door"]})
    with socket.create_connection(fakes.urls["s3"].removeprefix("http://").split(":"), timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


@pytest.mark.parametrize("own", ["", "Own: 1\r\n"], ids=["here", "aiohttp"])
def test_a_body_comes_when_it_is_asked_for(fakes: Fakes, client: socket.socket, own: str) -> None:
    """Told to go on, the client sends the body, in pieces too; times count from the head on, and it is in flight."""
    for body in (b"one", b"other"):
        client.sendall(asked("PUT", "/door/key", f"{own}Expect: 100-continue\r\n", body).removesuffix(body))
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        asking = time.monotonic()
        assert fakes.control.get("/ledger").json()["in_flight"] == 1
        client.sendall(body[:2])
        fakes.control.get("/health")
        client.sendall(body[2:])
        assert client.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
        assert fakes.journal()[-1]["started"] < asking < fakes.journal()[-1]["finished"]
    assert fakes.told("route", "status", "bytes") == [("PutObject", 200, 3), ("PutObject", 200, 5)]
    fakes.drained()


@pytest.mark.parametrize("own", ["", "Own: 1\r\n"], ids=["here", "aiohttp"])
def test_who_may_not_send_is_not_asked_to(fakes: Fakes, client: socket.socket, own: str) -> None:
    """What is refused for its head has its answer before its body."""
    fakes.configure(s3={"credentials": {"AKIAEXAMPLE": "secret"}})
    client.sendall(asked("PUT", "/door/key", f"{own}Expect: 100-continue\r\n", b"body").removesuffix(b"body"))
    assert client.recv(65536).startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert fakes.told("status", "error") == [(403, "AccessDenied")]


@pytest.mark.parametrize("own", ["", "Own: 1\r\n"], ids=["here", "aiohttp"])
def test_who_leaves_before_the_body_is_journalled(fakes: Fakes, client: socket.socket, own: str) -> None:
    """A client that closes the connection in the middle of its body has an entry, and is no longer in flight."""
    client.sendall(asked("PUT", "/door/key", own, b"body")[:-1])
    fakes.control.get("/health")
    client.close()
    fakes.drained()
    assert fakes.told("route", "status", "error", "bytes") == [("PutObject", 0, "client_disconnected", 0)]


def test_a_fault_strikes_a_body_that_is_on_its_way(fakes: Fakes, client: socket.socket) -> None:
    """A fault that is put before the body is there strikes; the connection goes on after it."""
    whole = asked("PUT", "/door/key", "", b"body")
    client.sendall(whole[:-1])
    fakes.control.get("/health")
    fakes.fault("s3", {"status": 503})
    client.sendall(whole[-1:])
    assert client.recv(65536).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    fakes.configure(faults=None)
    client.sendall(whole)
    assert client.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
    assert fakes.told("status", "fault") == [(503, "fault"), (200, None)]
    fakes.drained()


def test_what_comes_behind_a_body_is_the_next_request(fakes: Fakes) -> None:
    """The rest of a body and a whole request in one piece have an answer each."""
    put, get = asked("PUT", "/door/key", "", b"body"), asked("GET", "/door/key")
    fakes.configure(s3={"buckets": ["door"]})
    assert [body for _, body in spoken(fakes, put[:-2], put[-2:] + get, answers=2, service="s3")] == [b"", b"body"]
    assert fakes.told("route", "outcome") == [("PutObject", "ok"), ("GetObject", "ok")]


@pytest.mark.parametrize("more", [0, 1])
def test_only_a_small_body_is_held(more: int) -> None:
    """A body that is stored as it arrives is never held whole: aiohttp takes it from its head on."""
    state = SharedState(Config())
    head = parse_head(f"PUT /door/key HTTP/1.1\r\nHost: x\r\nContent-Length: {INLINE + more}".encode())
    assert head is not None
    assert (Handler(state, S3(state)).begin(head) is None) == bool(more)


def test_a_mistake_of_the_fakes_is_told_logged_and_journalled(caplog: pytest.LogCaptureFixture) -> None:
    """A provider that raises what nobody expected gets its client a 500 in its envelope, no closed connection."""

    class Mistaken(Ollama):
        def answer_at_once(self, call: Call, data: bytes) -> Answer | None:
            raise ZeroDivisionError(f"{call.route}: {data!r}")

    state = SharedState(Config())
    head = parse_head(b"POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 2")
    assert head is not None
    wire = Handler(state, Mistaken(state)).answer_at_once(head, b"{}")
    assert wire is not None
    assert wire.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert wire.endswith(b'\r\n\r\n{"error":"llama runner process has terminated"}')
    assert [(one.route, one.status, one.error) for one in state.journal.entries] == [("chat", 500, "internal_error")]
    assert state.journal.in_flight.total() == 0
    assert "could not answer" in caplog.text
    assert "ZeroDivisionError: chat: b'{}'" in caplog.text


@pytest.mark.parametrize(
    "line",
    [
        "Content-Length: " + "9" * 5000,
        "Content-Length: +2",
        "X-Test-ID: a\0b",
        "X-Test-ID: a\nb",
        "X-Test-ID: \xe9",
        "Own: 1",
        "Expect: 200-ok",
    ],
)
def test_what_is_not_ordinary_is_for_aiohttp(line: str) -> None:
    """Lengths that are none or too long, control characters, other letters than ASCII, headers that are not known."""
    assert parse_head(f"POST /api/chat HTTP/1.1\r\nHost: x\r\n{line}".encode()) is None
