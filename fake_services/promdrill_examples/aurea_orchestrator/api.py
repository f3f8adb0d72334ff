"""The app's HTTP interface."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from promdrill_examples.aurea_orchestrator import metrics, telemetry
from promdrill_examples.aurea_orchestrator.measuring import MeasuringMiddleware
from promdrill_examples.aurea_orchestrator.tasks import Orchestrator, Task, TaskFailedError
from promdrill_examples.aurea_orchestrator.vocabulary import Answer, Endpoint, Model, TaskStatus
from promdrill_examples.tracing import TracingMiddleware

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from promdrill_examples.aurea_orchestrator.settings import Settings
    from promdrill_fakes.clock import Clock

_LISTED = 20


class Order(BaseModel):
    """What a task asks, of which model, for how many tokens of answer at most, and whether it may use tools."""

    model: Model
    prompt: str = Field(min_length=1, max_length=200_000)
    max_tokens: int | None = Field(default=None, ge=1, le=100_000)
    with_tools: bool = False


def _orchestrator(request: Request) -> Orchestrator:
    orchestrator: Orchestrator = request.app.state.orchestrator
    return orchestrator


Tasks = Annotated[Orchestrator, Depends(_orchestrator)]
router = APIRouter()


@router.get("/health")
async def health() -> dict[str, str]:
    """Say that the app serves."""
    return {"status": "ok"}


@router.get("/metrics")
async def exposition() -> Response:
    """Return all metrics as Prometheus text."""
    return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


@router.post(Endpoint.TASKS)
async def run(order: Order, tasks: Tasks) -> dict[str, Any]:
    """Run a task to its end: one call of its model."""
    return asdict(await tasks.run(order.model, order.prompt, order.max_tokens, with_tools=order.with_tools))


@router.get(Endpoint.TASKS)
async def latest(tasks: Tasks) -> list[dict[str, Any]]:
    """Return the newest tasks."""
    return [asdict(task) for task in tasks.latest()[:_LISTED]]


def _found(task_id: str, tasks: Tasks) -> Task:
    task = tasks.find(task_id)
    if task is None:
        raise HTTPException(Answer.NOT_FOUND, f"there is no task {task_id}")
    return task


Found = Annotated[Task, Depends(_found)]


@router.get(Endpoint.TASK)
async def read(task: Found) -> dict[str, Any]:
    """Return one task."""
    return asdict(task)


@router.get(Endpoint.REPORT)
async def report(task: Found) -> dict[str, Any]:
    """Return what a task cost.

    That of a failed task raises, and nothing handles it: an app has such defects, and its telemetry must show them.
    """
    if task.status is TaskStatus.FAILED:
        raise RuntimeError(f"task {task.id} failed: there is nothing to report")
    return {"tokens": task.tokens, "cost_usd": task.cost_usd, "usd_per_1k_tokens": task.cost_usd / task.tokens * 1000}


async def _failed(_: Request, error: Exception) -> JSONResponse:
    failure = cast("TaskFailedError", error)
    told = {"code": "task_failed", "message": str(failure)}
    return JSONResponse({"error": told, "id": failure.task.id}, failure.status)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    await app.state.orchestrator.close()


def create_app(settings: Settings, clock: Clock) -> FastAPI:
    """Return the app, not yet started; its upstream service need not be there yet."""
    app = FastAPI(title="Aurea orchestrator", openapi_url=None, lifespan=_lifespan)
    app.state.orchestrator = Orchestrator(settings)
    app.include_router(router)
    app.add_exception_handler(TaskFailedError, _failed)
    app.add_middleware(MeasuringMiddleware, now=clock.now)
    app.add_middleware(TracingMiddleware)
    telemetry.instrument(app, metrics.REGISTRY)
    return app
