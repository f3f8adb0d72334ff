"""The number of open sessions is added to the gauge and not set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.digital_actors import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "digital_actors_active_sessions"


def apply() -> None:
    """Break it."""

    @instead_of(metrics, "update_active_sessions")
    def update_active_sessions(_: Callable[[int], None], count: int) -> None:
        metrics.ACTIVE_SESSIONS.inc(count)
