"""The active tasks are all that there ever were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Gauge

from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "aurea_active_tasks"


def apply() -> None:
    """Break it."""

    @instead_of(Gauge, "dec")
    def dec(_: Callable[..., None], _gauge: Gauge, _amount: float = 1) -> None:
        """Do nothing."""
