"""The duration of a job that fails is not observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.ai_shorts import metrics
from promdrill_examples.ai_shorts.jobs import Studio
from promdrill_examples.mutants.mechanisms import change, instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill_examples.ai_shorts.records import Job

METRIC = "job_duration_seconds"


def apply() -> None:
    """Break it."""
    failing = [False]
    change(metrics, "JOB_SECONDS", lambda labels, seconds: None if failing[0] else (labels, seconds))

    @instead_of(Studio, "_ended")
    def ended(original: Callable[..., None], self: Studio, job: Job, seconds: float) -> None:
        failing[0] = job.error is not None
        original(self, job, seconds)
