"""The count of tasks is absent for a model and a status until its first task."""

from __future__ import annotations

from promdrill_examples.aurea_orchestrator import metrics

METRIC = "aurea_tasks_total"


def apply() -> None:
    """Break it."""
    metrics.TASKS.clear()
