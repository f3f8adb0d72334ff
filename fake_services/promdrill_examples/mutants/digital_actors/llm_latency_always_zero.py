"""The latency of each LLM call is observed as 0."""

from __future__ import annotations

from promdrill_examples.digital_actors import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "digital_actors_llm_latency_seconds"


def apply() -> None:
    """Break it."""
    change(metrics, "LLM_LATENCY", lambda labels, _: (labels, 0))
