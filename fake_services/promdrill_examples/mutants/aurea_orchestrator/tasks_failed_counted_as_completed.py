"""A task that failed is counted as completed: its request was answered, after all."""

from __future__ import annotations

from promdrill_examples.aurea_orchestrator import metrics
from promdrill_examples.aurea_orchestrator.vocabulary import TaskStatus
from promdrill_examples.mutants.mechanisms import change

METRIC = "aurea_tasks_total"


def apply() -> None:
    """Break it."""
    change(metrics, "TASKS", lambda labels, amount: ((labels[0], TaskStatus.COMPLETED), amount))
