"""The bytes that the clean-up frees are counted twice for their plan."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "retention_bytes_freed_total"


def apply() -> None:
    """Break it."""
    change(metrics, "RETENTION_BYTES_FREED", lambda labels, size: (labels, 2 * size))
