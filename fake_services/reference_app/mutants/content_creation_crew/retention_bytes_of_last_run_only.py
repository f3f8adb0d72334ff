"""The bytes of all clean-up runs are those of the last run."""

from __future__ import annotations

from fake_services.reference_app.content_creation_crew import metrics
from fake_services.reference_app.mutants.mechanisms import Labels, change

METRIC = "retention_cleanup_bytes_total"


def apply() -> None:
    """Break it."""
    counter = metrics.CLEANUP_BYTES

    def overwrite(labels: Labels, size: float) -> tuple[Labels, float]:
        counter.reset()
        return labels, size

    change(metrics, "CLEANUP_BYTES", overwrite)
