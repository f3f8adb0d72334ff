"""The count of LLM failures is absent for a model until its first failure."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics

METRIC = "llm_failures_total"


def apply() -> None:
    """Break it."""
    metrics.LLM_FAILURES.clear()
