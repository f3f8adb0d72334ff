"""Tasks call their model with the client that blocks, on the event loop: one at a time, and no scrape meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openai import OpenAI, omit

from promdrill_examples import tracing
from promdrill_examples.aurea_orchestrator.tasks import LOOK_UP, Orchestrator
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

METRIC = "aurea_active_tasks"


def apply() -> None:
    """Break it."""

    @instead_of(Orchestrator, "_ask")
    async def ask(
        _: object, self: Orchestrator, model: str, prompt: str, max_tokens: int | None, *, with_tools: bool
    ) -> ChatCompletion:
        client = OpenAI(base_url=self._openai.base_url, api_key=self._openai.api_key, max_retries=0)
        return client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": prompt}],
            max_tokens=max_tokens,
            tools=[LOOK_UP] if with_tools else omit,
            extra_headers=tracing.headers(),
        )
