"""A job that fails stays among the active ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.ai_shorts import metrics
from promdrill_examples.ai_shorts.jobs import Studio
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from promdrill_examples.ai_shorts.records import Job

METRIC = "active_jobs"


def apply() -> None:
    """Break it."""

    @instead_of(Studio, "run")
    async def run(original: Callable[..., Awaitable[Job]], self: Studio, *order: object) -> Job:
        job = await original(self, *order)
        if job.error:
            metrics.ACTIVE_JOBS.inc()
        return job
