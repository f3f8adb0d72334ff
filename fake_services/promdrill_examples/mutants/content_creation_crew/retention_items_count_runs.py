"""Each clean-up run counts as one item."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "retention_cleanup_items_total"


def apply() -> None:
    """Break it."""
    change(metrics, "CLEANUP_ITEMS", lambda labels, _items: (labels, 1.0))
