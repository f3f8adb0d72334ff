"""Every job that ends is counted as a success."""

from __future__ import annotations

from fake_services.reference_app.ai_shorts import metrics
from fake_services.reference_app.ai_shorts.vocabulary import JobStatus
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "jobs_completed_total"


def apply() -> None:
    """Break it."""
    change(metrics, "JOBS_COMPLETED", lambda labels, amount: ((labels[0], JobStatus.SUCCESS), amount))
