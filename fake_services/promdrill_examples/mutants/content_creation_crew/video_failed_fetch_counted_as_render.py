"""A clip that cannot be fetched is counted as a render."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "video_renders_total"


def apply() -> None:
    """Break it."""

    @instead_of(metrics.StorageMetrics, "record_get")
    def record_get(original: Callable[..., None], artifact_type: str, size: int = 0, *, success: bool = True) -> None:
        original(artifact_type, size, success=success)
        if artifact_type == "video_clip" and not success:
            metrics.VIDEO_RENDERS.labels("ffmpeg").inc()
