"""LLM calls carry the request's id as a label: one series for each request."""

from __future__ import annotations

from prometheus_client import Counter

from fake_services.reference_app import tracing
from fake_services.reference_app.content_creation_crew import metrics
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "llm_calls_total"


def apply() -> None:
    """Break it."""
    labelled = Counter("llm_calls_total", "LLM calls, failed ones included.", ("model", "request_id"), registry=None)
    change(metrics, "LLM_CALLS", lambda labels, amount: ((*labels, tracing.request_id.get()), amount), into=labelled)
