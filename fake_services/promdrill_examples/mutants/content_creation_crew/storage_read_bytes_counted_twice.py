"""The bytes of each get are counted twice, as if its HEAD had carried them too."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "storage_bytes_read_total"


def apply() -> None:
    """Break it."""
    change(metrics, "STORAGE_BYTES_READ", lambda labels, size: (labels, 2 * size))
