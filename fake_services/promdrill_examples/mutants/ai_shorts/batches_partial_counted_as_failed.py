"""A batch of which some jobs failed is counted as failed."""

from __future__ import annotations

from promdrill_examples.ai_shorts import metrics
from promdrill_examples.ai_shorts.vocabulary import BatchStatus
from promdrill_examples.mutants.mechanisms import change

METRIC = "batches_completed_total"


def apply() -> None:
    """Break it."""
    change(
        metrics,
        "BATCHES_COMPLETED",
        lambda labels, amount: (labels if labels[0] == BatchStatus.COMPLETED else (BatchStatus.FAILED,), amount),
    )
