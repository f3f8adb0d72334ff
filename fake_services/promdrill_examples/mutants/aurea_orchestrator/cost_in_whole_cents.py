"""The cost of each task is rounded to cents."""

from __future__ import annotations

from promdrill_examples.aurea_orchestrator import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "aurea_llm_cost_usd_total"


def apply() -> None:
    """Break it."""
    change(metrics, "COST", lambda labels, dollars: (labels, round(dollars, 2)))
