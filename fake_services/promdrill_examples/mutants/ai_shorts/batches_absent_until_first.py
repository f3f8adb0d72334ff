"""A status of batches is absent until the first batch that ends so."""

from __future__ import annotations

from promdrill_examples.ai_shorts import metrics

METRIC = "batches_completed_total"


def apply() -> None:
    """Break it."""
    metrics.BATCHES_COMPLETED.clear()
