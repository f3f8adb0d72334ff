"""The bounds of the LLM buckets are microseconds: every observation lands in +Inf."""

from __future__ import annotations

from prometheus_client import Histogram

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "llm_call_seconds"


def apply() -> None:
    """Break it."""
    bounds = [bound / 1e6 for bound in (1, 2, 5, 10, 20, 30, 60, 120)]
    blind = Histogram("llm_call_seconds", "Duration of LLM calls.", ("model",), buckets=bounds, registry=None)
    change(metrics, "LLM_SECONDS", lambda labels, seconds: (labels, seconds), into=blind)
