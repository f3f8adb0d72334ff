"""The app's HTTP interface."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, cast

import anyio.to_thread
from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field, StringConstraints

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.content_creation_crew.failures import OperationError
from promdrill_examples.content_creation_crew.generation import Generator
from promdrill_examples.content_creation_crew.rendering import render
from promdrill_examples.content_creation_crew.retention import Cleanup
from promdrill_examples.content_creation_crew.speech import Synthesizer
from promdrill_examples.content_creation_crew.storage import THREADS, Storage
from promdrill_examples.content_creation_crew.vocabulary import ArtifactType, Model, Plan, Provider, Renderer
from promdrill_examples.tracing import TracingMiddleware

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from promdrill_examples.content_creation_crew.settings import Settings
    from promdrill_fakes.clock import Clock

_KEY = rf"^({'|'.join(ArtifactType)})/({'|'.join(Plan)})/\d{{12,}}-[0-9a-f]{{32}}$"
Key = Annotated[str, Path(pattern=_KEY)]
KeepSeconds = Annotated[float | None, Query(ge=0, le=1e9)]


class Generation(BaseModel):
    """What to write about, and with which model."""

    model: Model
    topic: str = Field(min_length=1, max_length=1000)
    plan: Plan = Plan.FREE
    stream: bool = False


class Voiceover(BaseModel):
    """What to say, and who says it."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]
    provider: Provider
    plan: Plan = Plan.FREE


class Render(BaseModel):
    """Which stored clip to render, with what, for how many seconds of the app's clock, and how often it plays."""

    renderer: Renderer
    clip: str = Field(pattern=_KEY)
    seconds: float = Field(ge=0, le=3600)
    loops: int = Field(default=1, ge=1, le=20_000)
    plan: Plan = Plan.FREE


class RetentionRun(BaseModel):
    """Which plan to clean up."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes call."""

    generator: Generator
    synthesizer: Synthesizer
    storage: Storage
    cleanup: Cleanup
    clock: Clock


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Crew = Annotated[Services, Depends(_services)]
router = APIRouter()


@router.get("/health")
async def health() -> dict[str, str]:
    """Say that the app serves."""
    return {"status": "ok"}


@router.get("/metrics")
async def exposition() -> Response:
    """Return all metrics as Prometheus text."""
    return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


@router.post("/generate")
async def generate(order: Generation, crew: Crew) -> dict[str, str]:
    """Generate a text: one LLM call."""
    return {"text": await crew.generator.generate(order.model, order.topic, stream=order.stream), "model": order.model}


@router.post("/voiceovers")
async def voiceover(order: Voiceover, crew: Crew) -> dict[str, str | int]:
    """Synthesize a text and store the audio."""
    audio = await crew.synthesizer.synthesize(order.provider, order.text)
    stored = await crew.storage.put(ArtifactType.VOICEOVER, order.plan, audio)
    return {"key": stored.key, "bytes": stored.size}


@router.post("/artifacts/{artifact_type}", status_code=201)
async def put(
    artifact_type: ArtifactType, request: Request, crew: Crew, plan: Plan = Plan.FREE, keep_seconds: KeepSeconds = None
) -> dict[str, str | int]:
    """Store the body of the request."""
    stored = await crew.storage.put(artifact_type, plan, await request.body(), keep_seconds)
    return {"key": stored.key, "bytes": stored.size}


@router.get("/artifacts/{key:path}")
async def get(key: Key, crew: Crew) -> Response:
    """Return a stored object."""
    return Response(await crew.storage.get(key), media_type="application/octet-stream")


@router.delete("/artifacts/{key:path}")
async def delete(key: Key, crew: Crew) -> dict[str, int]:
    """Delete a stored object and return the bytes that it held."""
    return {"bytes": (await crew.storage.delete(key)).size}


@router.post("/renders")
async def renders(order: Render, crew: Crew) -> dict[str, str | float]:
    """Render a stored clip and store what came out."""
    clip = await crew.storage.get(order.clip)
    rendering = await render(order.renderer, clip, order.seconds, order.loops, crew.clock)
    stored = await crew.storage.put(ArtifactType.VIDEO_CLIP, order.plan, rendering.clip)
    return {"key": stored.key, "seconds": rendering.seconds}


@router.post("/retention/runs")
async def retention(order: RetentionRun, crew: Crew) -> dict[str, int]:
    """Run the clean-up job for one plan."""
    gone = await crew.cleanup.run(order.plan)
    return {"items": len(gone), "bytes": sum(stored.size for stored in gone)}


async def _failed(_: Request, error: Exception) -> JSONResponse:
    failure = cast("OperationError", error)
    return JSONResponse({"error": {"code": failure.code, "message": str(failure)}}, failure.status)


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


def create_app(settings: Settings, clock: Clock) -> FastAPI:
    """Return the app, not yet started; its upstream services need not be there yet."""
    storage = Storage(settings, clock)
    app = FastAPI(title="Content creation crew", lifespan=_lifespan)
    app.state.services = Services(
        Generator(settings, clock), Synthesizer(settings, clock), storage, Cleanup(storage, clock), clock
    )
    app.include_router(router)
    app.add_exception_handler(OperationError, _failed)
    app.add_middleware(TracingMiddleware)
    return app
