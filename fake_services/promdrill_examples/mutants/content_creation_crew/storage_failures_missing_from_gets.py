"""A failed get is counted as a failure, but not as a get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "storage_get_total"


def apply() -> None:
    """Break it."""

    @instead_of(metrics.StorageMetrics, "record_get")
    def record_get(original: Callable[..., None], artifact_type: str, size: int = 0, *, success: bool = True) -> None:
        if success:
            original(artifact_type, size)
        else:
            metrics.STORAGE_FAILURES.labels(artifact_type, "get").inc()
