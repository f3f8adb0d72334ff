"""LLM calls are counted without the model label."""

from __future__ import annotations

from prometheus_client import Counter

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "llm_calls_total"


def apply() -> None:
    """Break it."""
    unlabelled = Counter("llm_calls_total", "LLM calls, failed ones included.", registry=None)
    change(metrics, "LLM_CALLS", lambda _labels, amount: ((), amount), into=unlabelled)
