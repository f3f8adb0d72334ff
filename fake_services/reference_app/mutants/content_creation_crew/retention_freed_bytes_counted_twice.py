"""The bytes that the clean-up frees are counted twice for their plan."""

from __future__ import annotations

from fake_services.reference_app.content_creation_crew import metrics
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "retention_bytes_freed_total"


def apply() -> None:
    """Break it."""
    change(metrics, "RETENTION_BYTES_FREED", lambda labels, size: (labels, 2 * size))
