"""A call that fails is not counted."""

from __future__ import annotations

from promdrill_examples.ai_shorts import metrics
from promdrill_examples.ai_shorts.vocabulary import CallStatus
from promdrill_examples.mutants.mechanisms import change

METRIC = "llm_requests_total"


def apply() -> None:
    """Break it."""
    change(
        metrics, "LLM_REQUESTS", lambda labels, amount: None if labels[1] == CallStatus.FAILURE else (labels, amount)
    )
