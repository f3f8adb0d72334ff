"""The bytes that a delete frees are counted twice."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "storage_bytes_deleted_total"


def apply() -> None:
    """Break it."""
    change(metrics, "STORAGE_BYTES_DELETED", lambda labels, size: (labels, 2 * size))
