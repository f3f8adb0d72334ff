"""Each LLM call is counted twice."""

from __future__ import annotations

from fake_services.reference_app.content_creation_crew import metrics
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "llm_calls_total"


def apply() -> None:
    """Break it."""
    change(metrics, "LLM_CALLS", lambda labels, amount: (labels, 2 * amount))
