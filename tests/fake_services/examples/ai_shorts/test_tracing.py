from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient

from promdrill_examples import tracing

if TYPE_CHECKING:
    from conftest import Shorts
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

IDS = (tracing.TRACE_HEADER, tracing.HEADER)
AT_ONCE = 60


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/metrics", 200),
        ("POST", "/jobs", 422),
        ("GET", "/jobs/nothing", 404),
        ("GET", "/nowhere", 404),
        ("DELETE", "/health", 405),
    ],
)
def test_both_ids_are_on_every_response(shorts: Shorts, method: str, path: str, status: int) -> None:
    """They are new ones where the client sent none."""
    response = shorts.http.request(method, path)
    assert response.status_code == status
    assert len({UUID(response.headers[name]) for name in IDS}) == 2


def test_ids_that_the_client_sends_come_back_and_reach_the_model(shorts: Shorts) -> None:
    """All that is done for a request carries its ids, for each job of a batch too."""
    sent = {"X_Trace_ID": "journey", "X_Request_ID": "one-of-it"}
    response = shorts.batch(("script", "traced 1"), ("outline", "traced 2"), **sent)
    assert [response.headers[name] for name in IDS] == ["journey", "one-of-it"]
    assert shorts.fakes.told("trace_id", "trace") == [("journey", "one-of-it")] * 2


@pytest.mark.parametrize("sent", ["", "two words", "x" * 129, "caf\xe9"])
def test_what_is_no_id_is_not_taken_for_one(shorts: Shorts, sent: str) -> None:
    """Only what can stand in a header and in a log as it is comes back."""
    response = shorts.http.get("/metrics", headers={"X-Trace-ID": sent.encode("latin-1")})
    assert UUID(response.headers["X-Trace-ID"])


def test_a_job_that_fails_is_answered_with_its_ids(shorts: Shorts) -> None:
    """They are what support asks for."""
    shorts.fakes.fault("ollama", {"status": 500})
    response = shorts.job("fails, traced", X_Trace_ID="journey")
    assert (response.status_code, response.headers["X-Trace-ID"]) == (502, "journey")


def test_ids_of_requests_at_once_are_never_mixed_up(shorts: Shorts) -> None:
    """Each line of the log and each call has the trace id of its own request, and of no other."""
    shorts.fakes.fault("ollama", {"latency": 1}, match={"route": "generate"})

    async def ask() -> None:
        transport = httpx.ASGITransport(shorts.http.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as http:
            await asyncio.gather(
                *(
                    http.post(
                        "/jobs",
                        json={"job_type": "script", "prompt": f"traced at once {number}", "user": "ann"},
                        headers={"X-Trace-ID": f"trace-{number}", "X-Request-ID": f"request-{number}"},
                    )
                    for number in range(AT_ONCE)
                )
            )

    assert shorts.http.portal is not None
    shorts.http.portal.call(ask)
    pairs = {(f"request-{number}", f"trace-{number}") for number in range(AT_ONCE)}
    calls = shorts.fakes.journal(route="generate")
    assert {(line["request_id"], line["trace_id"]) for line in shorts.lines()} == pairs
    assert {(call["trace"], call["trace_id"]) for call in calls} == pairs
    assert max(call["started"] for call in calls) < min(call["finished"] for call in calls)


async def fail(_: Request) -> Response:
    """Raise what nothing handles."""
    raise RuntimeError("with a secret in it")


async def greet(session: WebSocket) -> None:
    """Accept, say the trace id, and close."""
    await session.accept()
    await session.send_text(tracing.trace_id.get())
    await session.close()


@pytest.fixture
def other() -> TestClient:
    """Return another app behind the middleware: one that fails, and has WebSockets."""
    app = Starlette(routes=[Route("/fail", fail), WebSocketRoute("/greet", greet)])
    app.add_middleware(tracing.TracingMiddleware)
    return TestClient(app, raise_server_exceptions=False)


def test_an_exception_that_nothing_handles_is_answered_with_the_ids(other: TestClient) -> None:
    """The answer tells the kind of exception, and not what it says."""
    response = other.get("/fail", headers={"X-Trace-ID": "journey"})
    told = {"error": {"code": "unhandled", "message": "RuntimeError"}}
    assert (response.status_code, response.headers["X-Trace-ID"], response.json()) == (500, "journey", told)


def test_an_exception_that_nothing_handles_reaches_the_server(other: TestClient) -> None:
    """The server still logs it."""
    with (
        pytest.raises(RuntimeError, match="with a secret in it"),
        TestClient(other.app, raise_server_exceptions=True) as http,
    ):
        http.get("/fail")


def test_a_websocket_session_has_ids_too(other: TestClient) -> None:
    """They are on the answer to the handshake, and known to the session."""
    with other.websocket_connect("/greet", headers={"X-Trace-ID": "journey"}) as session:
        accepted = {name.decode(): value.decode() for name, value in session.extra_headers or ()}
        assert (session.receive_text(), accepted["x-trace-id"]) == ("journey", "journey")
