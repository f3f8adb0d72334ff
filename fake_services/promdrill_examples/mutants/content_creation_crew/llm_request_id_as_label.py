"""LLM calls carry the request's id as a label: one series for each request."""

from __future__ import annotations

from prometheus_client import Counter

from promdrill_examples import tracing
from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "llm_calls_total"


def apply() -> None:
    """Break it."""
    labelled = Counter("llm_calls_total", "LLM calls, failed ones included.", ("model", "request_id"), registry=None)
    change(metrics, "LLM_CALLS", lambda labels, amount: ((*labels, tracing.request_id.get()), amount), into=labelled)
