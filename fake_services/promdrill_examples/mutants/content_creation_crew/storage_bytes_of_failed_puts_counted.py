"""The bytes of a failed put are counted as written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "storage_bytes_written_total"


def apply() -> None:
    """Break it."""

    @instead_of(metrics.StorageMetrics, "record_put")
    def record_put(original: Callable[..., None], artifact_type: str, size: int, *, success: bool = True) -> None:
        original(artifact_type, size, success=success)
        if not success:
            metrics.STORAGE_BYTES_WRITTEN.labels(artifact_type).inc(size)
