"""The app's WebSocket and HTTP interface."""

from __future__ import annotations

from contextlib import suppress
from hmac import compare_digest
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response, WebSocket, WebSocketDisconnect
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.websockets import WebSocketState

from promdrill_examples.digital_actors import metrics
from promdrill_examples.digital_actors.memory import Role
from promdrill_examples.digital_actors.stage import Stage
from promdrill_examples.tracing import TracingMiddleware

if TYPE_CHECKING:
    from promdrill_examples.digital_actors.settings import Settings
    from promdrill_fakes.clock import Clock

BYE = "bye"
Visit = Annotated[Role, Query()]
router = APIRouter()


def may_read_metrics(given: str, token: str) -> bool:
    """Tell whether an Authorization header opens the metrics; without a token they are open."""
    return not token or compare_digest(given.encode(), f"Bearer {token}".encode())


def _authorized(request: Request) -> None:
    if not may_read_metrics(request.headers.get("Authorization", ""), request.app.state.metrics_token):
        raise HTTPException(401, "the metrics need the bearer token", {"WWW-Authenticate": "Bearer"})


@router.get("/health")
async def health() -> dict[str, str]:
    """Say that the app serves."""
    return {"status": "ok"}


@router.get("/metrics", dependencies=[Depends(_authorized)])
async def exposition() -> Response:
    """Return all metrics as Prometheus text."""
    return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


@router.websocket("/ws")
async def session(socket: WebSocket, role: Visit) -> None:
    """Say that it is ready, then answer each message, until the visitor says bye or is gone.

    The session is over for the app before the visitor sees it end.
    """
    await socket.accept()
    stage: Stage = socket.app.state.stage
    with suppress(WebSocketDisconnect), stage.session():
        await socket.send_json({"status": "ready"})
        while (text := await _received(socket)) != BYE:
            await socket.send_json(await stage.answer(role, text))
    if socket.client_state is WebSocketState.CONNECTED:
        await socket.close()


async def _received(socket: WebSocket) -> str:
    """Return the next message; one that is not text is empty, which no visitor says."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message["code"])
    return message.get("text") or ""


def create_app(settings: Settings, clock: Clock) -> FastAPI:
    """Return the app, not yet started; its upstream services need not be there yet."""
    app = FastAPI(title="Digital actors", openapi_url=None)
    app.state.stage = Stage(settings, clock)
    app.state.metrics_token = settings.metrics_token
    app.include_router(router)
    app.add_middleware(TracingMiddleware)
    return app
