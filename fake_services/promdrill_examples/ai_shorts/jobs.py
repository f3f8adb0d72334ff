"""Jobs, and batches of them: run through the cache and the model, counted, kept."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from promdrill_examples.ai_shorts import metrics
from promdrill_examples.ai_shorts.failures import OperationError
from promdrill_examples.ai_shorts.logs import milliseconds
from promdrill_examples.ai_shorts.records import Batch, Job
from promdrill_examples.ai_shorts.vocabulary import MODELS, BatchStatus, ErrorCode, JobStatus, JobType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promdrill_examples.ai_shorts.cache import Cache
    from promdrill_examples.ai_shorts.records import Records
    from promdrill_examples.ai_shorts.writing import Writer
    from promdrill_fakes.clock import Clock

_log = structlog.get_logger(name="ai_shorts.jobs")
# How loud the end of a job is, by its error: without a database the app is of no use.
_LEVELS = {None: logging.INFO, ErrorCode.LLM: logging.ERROR, ErrorCode.DATABASE: logging.CRITICAL}


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be written, from which prompt."""

    job_type: JobType
    prompt: str


class Studio:
    """Runs jobs to their end. Use from one event loop."""

    def __init__(self, cache: Cache[str], writer: Writer, records: Records, clock: Clock) -> None:
        self._cache = cache
        self._writer = writer
        self._records = records
        self._now = clock.now

    async def run(self, order: Order, user: str, batch_id: str | None = None) -> Job:
        """Run one job and return it, failed or not."""
        job = Job(f"job_{uuid4().hex}", batch_id, user, order.job_type, JobStatus.SUCCESS)
        structlog.contextvars.bind_contextvars(user_id=user, job_id=job.id)
        metrics.JOBS_CREATED.labels(job.job_type).inc()
        start = self._now()
        with metrics.ACTIVE_JOBS.track_inprogress():
            try:
                job = replace(job, text=await self._text(order))
            except OperationError as error:
                job = _failed(job, error)
            try:
                await self._records.add(job)
            except OperationError as error:
                job = _failed(job, error)
        self._ended(job, self._now() - start)
        return job

    async def run_batch(self, orders: Sequence[Order], user: str) -> tuple[Batch, list[Job]]:
        """Run several jobs at once; return the batch and its jobs, in the order of the orders, when all are done."""
        batch_id, start = f"batch_{uuid4().hex}", self._now()
        structlog.contextvars.bind_contextvars(user_id=user, batch_id=batch_id)
        metrics.BATCHES_CREATED.inc()
        # Each runs as a task of its own, with a copy of the context: what a job binds is seen in its own lines alone.
        jobs = await asyncio.gather(*(self.run(order, user, batch_id) for order in orders))
        batch = Batch(batch_id, user, status_of(jobs))
        try:
            await self._records.add(batch)
        except OperationError as error:
            metrics.ERRORS.labels(error.code).inc()
            _log.critical("Batch not kept", error_code=error.code)
            batch = replace(batch, status=BatchStatus.FAILED, error=error.code)
        seconds = self._now() - start
        metrics.BATCH_SECONDS.observe(seconds)
        metrics.BATCHES_COMPLETED.labels(batch.status).inc()
        level = logging.INFO if batch.status is BatchStatus.COMPLETED else logging.WARNING
        _log.log(level, "Batch ended", status=batch.status, jobs=len(jobs), duration_ms=milliseconds(seconds))
        return batch, jobs

    async def _text(self, order: Order) -> str:
        key = model, prompt = MODELS[order.job_type], order.prompt
        text = self._cache.get(key)
        (metrics.CACHE_MISSES if text is None else metrics.CACHE_HITS).inc()
        _log.debug("Cache looked up", hit=text is not None)
        if text is None:
            text = await self._writer.write(model, prompt)
            self._cache.put(key, text)
        return text

    def _ended(self, job: Job, seconds: float) -> None:
        metrics.JOB_SECONDS.labels(job.job_type).observe(seconds)
        metrics.JOBS_COMPLETED.labels(job.job_type, job.status).inc()
        if job.error:
            metrics.ERRORS.labels(job.error).inc()
        _log.log(
            _LEVELS[job.error], "Job ended", status=job.status, error_code=job.error, duration_ms=milliseconds(seconds)
        )


def status_of(jobs: Sequence[Job]) -> BatchStatus:
    """Return what became of a batch of these jobs."""
    failed = sum(job.status is JobStatus.FAILED for job in jobs)
    if not failed:
        return BatchStatus.COMPLETED
    return BatchStatus.FAILED if failed == len(jobs) else BatchStatus.PARTIAL


def _failed(job: Job, error: OperationError) -> Job:
    return replace(job, status=JobStatus.FAILED, text="", error=error.code)
