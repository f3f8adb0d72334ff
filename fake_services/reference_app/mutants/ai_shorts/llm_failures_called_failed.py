"""A call that fails is counted as failed, as jobs are, and not as a failure."""

from __future__ import annotations

from fake_services.reference_app.ai_shorts import metrics
from fake_services.reference_app.ai_shorts.vocabulary import CallStatus, JobStatus
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "llm_requests_total"


def apply() -> None:
    """Break it."""
    change(
        metrics,
        "LLM_REQUESTS",
        lambda labels, amount: ((labels[0], JobStatus.FAILED) if labels[1] == CallStatus.FAILURE else labels, amount),
    )
