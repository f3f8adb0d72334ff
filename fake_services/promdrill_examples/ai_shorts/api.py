"""The app's HTTP interface."""

from __future__ import annotations

from contextlib import asynccontextmanager, closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from promdrill_examples.ai_shorts import logs, metrics
from promdrill_examples.ai_shorts.activity import Activity
from promdrill_examples.ai_shorts.cache import Cache
from promdrill_examples.ai_shorts.failures import STATUS, OperationError
from promdrill_examples.ai_shorts.jobs import Order, Studio
from promdrill_examples.ai_shorts.records import Batch, Job, Records
from promdrill_examples.ai_shorts.vocabulary import ErrorCode, JobType
from promdrill_examples.ai_shorts.writing import Writer
from promdrill_examples.tracing import TracingMiddleware

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from promdrill_examples.ai_shorts.settings import Settings
    from promdrill_fakes.clock import Clock

_CREATED, _UNAVAILABLE = 201, 503

# Ids that tell users apart and nothing of them: they stand in the log, which an address must not.
User = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class JobOrder(BaseModel):
    """What a job writes, and from which prompt."""

    job_type: JobType
    prompt: str = Field(min_length=1, max_length=10_000)

    @property
    def order(self) -> Order:
        """The same, as the studio takes it."""
        return Order(self.job_type, self.prompt)


class SingleOrder(JobOrder):
    """A job of one user."""

    user: User


class BatchOrder(BaseModel):
    """Several jobs of one user."""

    user: User
    jobs: list[JobOrder] = Field(min_length=1, max_length=100)


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes call."""

    studio: Studio
    writer: Writer
    records: Records
    activity: Activity


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Shorts = Annotated[Services, Depends(_services)]
router = APIRouter()


@router.get("/health")
async def health(shorts: Shorts) -> JSONResponse:
    """Say whether the app and what it depends on can serve; 503 if not."""
    up = {"llm": await shorts.writer.available(), "database": await shorts.records.available()}
    dependencies = {name: "up" if there else "down" for name, there in up.items()}
    if all(up.values()):
        return JSONResponse({"status": "ok", "dependencies": dependencies})
    return JSONResponse({"status": "degraded", "dependencies": dependencies}, _UNAVAILABLE)


@router.get("/metrics")
async def exposition() -> Response:
    """Return all metrics as Prometheus text."""
    return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


@router.post("/jobs")
async def run_job(order: SingleOrder, shorts: Shorts) -> JSONResponse:
    """Run a job to its end."""
    shorts.activity.saw(order.user)
    return _ended(await shorts.studio.run(order.order, order.user))


@router.get("/jobs/{job_id}")
async def read_job(job_id: str, shorts: Shorts) -> dict[str, Any]:
    """Return a job that has ended."""
    return asdict(await shorts.records.job(job_id))


@router.post("/batches")
async def run_batch(order: BatchOrder, shorts: Shorts) -> JSONResponse:
    """Run several jobs at once, to the end of the last."""
    shorts.activity.saw(order.user)
    batch, jobs = await shorts.studio.run_batch([job.order for job in order.jobs], order.user)
    return _ended(batch, jobs=[asdict(job) for job in jobs])


@router.get("/batches/{batch_id}")
async def read_batch(batch_id: str, shorts: Shorts) -> dict[str, Any]:
    """Return a batch that has ended, with its jobs."""
    batch, jobs = await shorts.records.batch(batch_id)
    return {**asdict(batch), "jobs": [asdict(job) for job in jobs]}


def _ended(record: Job | Batch, **more: object) -> JSONResponse:
    told = {**asdict(record), **more}
    if record.error is None:
        return JSONResponse(told, _CREATED)
    error = {"code": record.error, "message": "see the log for this X-Trace-ID"}
    return JSONResponse({**told, "error": error}, STATUS[record.error])


async def _failed(_: Request, error: Exception) -> JSONResponse:
    failure = cast("OperationError", error)
    return _refused(failure.code, str(failure))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    wrong = cast("RequestValidationError", error).errors()
    # Pydantic's messages quote the input.
    return _refused(ErrorCode.INVALID_REQUEST, "wrong: " + ", ".join(".".join(map(str, one["loc"])) for one in wrong))


def _refused(code: ErrorCode, message: str) -> JSONResponse:
    metrics.ERRORS.labels(code).inc()
    return JSONResponse({"error": {"code": code, "message": message}}, STATUS[code])


def create_app(settings: Settings, clock: Clock) -> FastAPI:
    """Return the app, not yet started; its upstream service need not be there yet."""
    log = logs.configure(settings.log_file)
    cache: Cache[str] = Cache(settings.cache_entries, settings.cache_ttl, clock.time)
    writer, records, activity = Writer(settings, clock), Records(settings), Activity(clock.time)
    metrics.CACHE_ENTRIES.set_function(lambda: len(cache))
    metrics.ACTIVE_USERS.set_function(activity.users)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with closing(log), closing(records):
            yield
            await writer.close()

    app = FastAPI(title="Creative AI shorts", lifespan=lifespan)
    app.state.services = Services(Studio(cache, writer, records, clock), writer, records, activity)
    app.include_router(router)
    app.add_exception_handler(OperationError, _failed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_middleware(logs.RequestLogMiddleware, now=clock.now)
    app.add_middleware(TracingMiddleware)
    return app
