"""The bytes of all clean-up runs are those of the last run."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import Labels, change

METRIC = "retention_cleanup_bytes_total"


def apply() -> None:
    """Break it."""
    counter = metrics.CLEANUP_BYTES

    def overwrite(labels: Labels, size: float) -> tuple[Labels, float]:
        counter.reset()
        return labels, size

    change(metrics, "CLEANUP_BYTES", overwrite)
