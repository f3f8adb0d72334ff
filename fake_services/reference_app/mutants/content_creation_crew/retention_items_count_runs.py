"""Each clean-up run counts as one item."""

from __future__ import annotations

from fake_services.reference_app.content_creation_crew import metrics
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "retention_cleanup_items_total"


def apply() -> None:
    """Break it."""
    change(metrics, "CLEANUP_ITEMS", lambda labels, _items: (labels, 1.0))
