"""A failed get or delete is counted as a failed put."""

from __future__ import annotations

from fake_services.reference_app.content_creation_crew import metrics
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "storage_failures_total"


def apply() -> None:
    """Break it."""
    change(metrics, "STORAGE_FAILURES", lambda labels, amount: ((labels[0], "put"), amount))
