"""The tokens of the prompt are not counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.aurea_orchestrator.tasks import Orchestrator
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from openai.types.chat import ChatCompletion

METRIC = "aurea_llm_tokens_total"


def apply() -> None:
    """Break it."""

    @instead_of(Orchestrator, "_ask")
    async def ask(
        original: Callable[..., Awaitable[ChatCompletion]], *order: object, **named: object
    ) -> ChatCompletion:
        completion = await original(*order, **named)
        if completion.usage:
            completion.usage.total_tokens = completion.usage.completion_tokens
        return completion
