"""Text generation through Ollama."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import ollama

from promdrill_examples import tracing
from promdrill_examples.content_creation_crew.failures import reported_as
from promdrill_examples.content_creation_crew.metrics import LLMMetrics

if TYPE_CHECKING:
    from promdrill_examples.content_creation_crew.settings import Settings
    from promdrill_examples.content_creation_crew.vocabulary import Model
    from promdrill_fakes.clock import Clock


class Generator:
    """Asks a model for a text. Use from one event loop."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._now = clock.now
        self._ollama = ollama.AsyncClient(
            settings.ollama_host,
            timeout=settings.upstream_timeout,
            event_hooks={"request": [_trace]},
            limits=httpx.Limits(max_connections=None),
        )

    async def generate(self, model: Model, topic: str, *, stream: bool) -> str:
        """Return the text; raises `OperationError` (llm_failed). Is one LLM call either way."""
        prompt = f"Write about {topic}."
        with reported_as("llm_failed"), LLMMetrics.timer(model, self._now):
            if not stream:
                return (await self._ollama.generate(model=model, prompt=prompt)).response or ""
            parts = [part async for part in await self._ollama.generate(model=model, prompt=prompt, stream=True)]
            if not parts or not parts[-1].done:  # the client takes a stream that was cut off for a whole one
                raise EOFError("the stream ended before the answer did")
            return "".join(part.response or "" for part in parts)


async def _trace(request: httpx.Request) -> None:
    request.headers[tracing.HEADER] = tracing.request_id.get()
