"""A task that failed is not counted."""

from __future__ import annotations

from promdrill_examples.aurea_orchestrator import metrics
from promdrill_examples.aurea_orchestrator.vocabulary import TaskStatus
from promdrill_examples.mutants.mechanisms import change

METRIC = "aurea_tasks_total"


def apply() -> None:
    """Break it."""
    change(metrics, "TASKS", lambda labels, amount: None if labels[1] == TaskStatus.FAILED else (labels, amount))
