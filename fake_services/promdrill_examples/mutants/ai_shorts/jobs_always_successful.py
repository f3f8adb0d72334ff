"""Every job that ends is counted as a success."""

from __future__ import annotations

from promdrill_examples.ai_shorts import metrics
from promdrill_examples.ai_shorts.vocabulary import JobStatus
from promdrill_examples.mutants.mechanisms import change

METRIC = "jobs_completed_total"


def apply() -> None:
    """Break it."""
    change(metrics, "JOBS_COMPLETED", lambda labels, amount: ((labels[0], JobStatus.SUCCESS), amount))
