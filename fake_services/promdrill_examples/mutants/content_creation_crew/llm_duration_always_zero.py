"""The duration of each LLM call is observed as 0."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "llm_call_seconds"


def apply() -> None:
    """Break it."""
    change(metrics, "LLM_SECONDS", lambda labels, _seconds: (labels, 0.0))
