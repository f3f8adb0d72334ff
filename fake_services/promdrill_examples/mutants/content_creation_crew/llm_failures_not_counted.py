"""A failed LLM call is not counted as a failure."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "llm_failures_total"


def apply() -> None:
    """Break it."""
    change(metrics, "LLM_FAILURES", lambda _labels, _amount: None)
