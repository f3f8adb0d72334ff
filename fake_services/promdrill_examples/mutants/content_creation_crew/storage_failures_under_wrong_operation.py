"""A failed get or delete is counted as a failed put."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "storage_failures_total"


def apply() -> None:
    """Break it."""
    change(metrics, "STORAGE_FAILURES", lambda labels, amount: ((labels[0], "put"), amount))
