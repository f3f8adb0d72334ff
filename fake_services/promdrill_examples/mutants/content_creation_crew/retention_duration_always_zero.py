"""The duration of each clean-up run is observed as 0."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "retention_cleanup_seconds"


def apply() -> None:
    """Break it."""
    change(metrics, "CLEANUP_SECONDS", lambda labels, _seconds: (labels, 0.0))
