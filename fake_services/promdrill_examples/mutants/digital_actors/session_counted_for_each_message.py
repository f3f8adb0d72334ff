"""A session is counted again for each of its messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promdrill_examples.digital_actors import metrics
from promdrill_examples.digital_actors.stage import Stage
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from promdrill_examples.digital_actors.memory import Role

METRIC = "digital_actors_active_sessions"


def apply() -> None:
    """Break it."""

    @instead_of(Stage, "answer")
    async def answer(
        original: Callable[..., Awaitable[dict[str, Any]]], stage: Stage, role: Role, text: str
    ) -> dict[str, Any]:
        metrics.ACTIVE_SESSIONS.inc()
        return await original(stage, role, text)
