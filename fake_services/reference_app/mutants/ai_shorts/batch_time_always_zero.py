"""The duration of each batch is observed as 0."""

from __future__ import annotations

from fake_services.reference_app.ai_shorts import metrics
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "batch_processing_seconds"


def apply() -> None:
    """Break it."""
    change(metrics, "BATCH_SECONDS", lambda labels, _seconds: (labels, 0.0))
