"""A session in which a message failed stays counted for ever."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from promdrill_examples.digital_actors.stage import Stage
from promdrill_examples.digital_actors.vocabulary import Status
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from promdrill_examples.digital_actors.memory import Role

METRIC = "digital_actors_active_sessions"


def apply() -> None:
    """Break it."""
    failed: ContextVar[bool] = ContextVar("failed", default=False)

    @instead_of(Stage, "answer")
    async def answer(
        original: Callable[..., Awaitable[dict[str, Any]]], stage: Stage, role: Role, text: str
    ) -> dict[str, Any]:
        told = await original(stage, role, text)
        failed.set(failed.get() or told["status"] == Status.ERROR)
        return told

    @instead_of(Stage, "session")
    @contextmanager
    def session(_: Callable[..., object], stage: Stage) -> Iterator[None]:
        stage.count(1)
        try:
            yield
        finally:
            stage.count(0 if failed.get() else -1)
