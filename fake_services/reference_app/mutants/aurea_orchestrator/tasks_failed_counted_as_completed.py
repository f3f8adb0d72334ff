"""A task that failed is counted as completed: its request was answered, after all."""

from __future__ import annotations

from fake_services.reference_app.aurea_orchestrator import metrics
from fake_services.reference_app.aurea_orchestrator.vocabulary import TaskStatus
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "aurea_tasks_total"


def apply() -> None:
    """Break it."""
    change(metrics, "TASKS", lambda labels, amount: ((labels[0], TaskStatus.COMPLETED), amount))
