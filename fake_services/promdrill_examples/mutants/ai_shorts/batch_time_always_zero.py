"""The duration of each batch is observed as 0."""

from __future__ import annotations

from promdrill_examples.ai_shorts import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "batch_processing_seconds"


def apply() -> None:
    """Break it."""
    change(metrics, "BATCH_SECONDS", lambda labels, _seconds: (labels, 0.0))
