"""A clean-up run that found nothing to delete is not counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "retention_cleanup_runs_total"


def apply() -> None:
    """Break it."""

    @instead_of(metrics.RetentionMetrics, "record_cleanup_run")
    def record_cleanup_run(original: Callable[..., None], duration: float, total_items: int, total_bytes: int) -> None:
        if total_items:
            original(duration, total_items, total_bytes)
