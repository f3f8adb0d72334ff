"""Each LLM call is counted twice."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "llm_calls_total"


def apply() -> None:
    """Break it."""
    change(metrics, "LLM_CALLS", lambda labels, amount: (labels, 2 * amount))
