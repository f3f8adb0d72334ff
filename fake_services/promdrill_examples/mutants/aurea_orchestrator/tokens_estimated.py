"""Tokens are estimated as a quarter of the characters, and not read from the answer."""

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
        original: Callable[..., Awaitable[ChatCompletion]],
        self: Orchestrator,
        model: str,
        prompt: str,
        *order: object,
        **named: object,
    ) -> ChatCompletion:
        completion = await original(self, model, prompt, *order, **named)
        if completion.usage:
            completion.usage.total_tokens = (len(prompt) + len(completion.choices[0].message.content or "")) // 4
        return completion
