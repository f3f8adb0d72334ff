"""A call that fails is counted as failed, as jobs are, and not as a failure."""

from __future__ import annotations

from promdrill_examples.ai_shorts import metrics
from promdrill_examples.ai_shorts.vocabulary import CallStatus, JobStatus
from promdrill_examples.mutants.mechanisms import change

METRIC = "llm_requests_total"


def apply() -> None:
    """Break it."""
    change(
        metrics,
        "LLM_REQUESTS",
        lambda labels, amount: ((labels[0], JobStatus.FAILED) if labels[1] == CallStatus.FAILURE else labels, amount),
    )
