"""A failed render is counted as a storage failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "video_render_failures_total"


def apply() -> None:
    """Break it."""

    @instead_of(metrics.VideoMetrics, "record_render")
    def record_render(original: Callable[..., None], renderer: str, duration: float, *, success: bool = True) -> None:
        original(renderer, duration)
        if not success:
            metrics.STORAGE_FAILURES.labels("video_clip", "put").inc()
