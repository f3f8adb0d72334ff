"""A task that fails is never taken off the active ones."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from promdrill_examples.aurea_orchestrator import metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

METRIC = "aurea_active_tasks"


def apply() -> None:
    """Break it."""

    @contextmanager
    def active_task() -> Iterator[None]:
        metrics.ACTIVE_TASKS.inc()
        yield
        metrics.ACTIVE_TASKS.dec()

    setattr(metrics, "active_task", active_task)  # noqa: B010  mypy takes a function of a module for final
