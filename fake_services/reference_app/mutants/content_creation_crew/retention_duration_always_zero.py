"""The duration of each clean-up run is observed as 0."""

from __future__ import annotations

from fake_services.reference_app.content_creation_crew import metrics
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "retention_cleanup_seconds"


def apply() -> None:
    """Break it."""
    change(metrics, "CLEANUP_SECONDS", lambda labels, _seconds: (labels, 0.0))
