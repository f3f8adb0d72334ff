"""The bytes of each get are counted twice, as if its HEAD had carried them too."""

from __future__ import annotations

from fake_services.reference_app.content_creation_crew import metrics
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "storage_bytes_read_total"


def apply() -> None:
    """Break it."""
    change(metrics, "STORAGE_BYTES_READ", lambda labels, size: (labels, 2 * size))
