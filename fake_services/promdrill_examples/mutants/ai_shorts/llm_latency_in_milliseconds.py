"""The duration of LLM calls is observed in milliseconds."""

from __future__ import annotations

from promdrill_examples.ai_shorts import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "llm_latency_seconds"


def apply() -> None:
    """Break it."""
    change(metrics, "LLM_SECONDS", lambda labels, seconds: (labels, seconds * 1000))
