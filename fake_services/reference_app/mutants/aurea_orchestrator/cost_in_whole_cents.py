"""The cost of each task is rounded to cents."""

from __future__ import annotations

from fake_services.reference_app.aurea_orchestrator import metrics
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "aurea_llm_cost_usd_total"


def apply() -> None:
    """Break it."""
    change(metrics, "COST", lambda labels, dollars: (labels, round(dollars, 2)))
