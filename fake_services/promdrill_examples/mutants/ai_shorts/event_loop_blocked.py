"""Models are asked with the client that blocks, on the event loop: one job at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ollama

from promdrill_examples import tracing
from promdrill_examples.ai_shorts.writing import Writer
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill_fakes.clock import Clock

    from promdrill_examples.ai_shorts.settings import Settings

METRIC = "p99 Latency"


def apply() -> None:
    """Break it."""

    @instead_of(Writer, "__init__")
    def create(original: Callable[..., None], self: Writer, settings: Settings, clock: Clock) -> None:
        original(self, settings, clock)
        client = ollama.Client(settings.ollama_host, timeout=settings.upstream_timeout)

        async def generate(*, model: str, prompt: str) -> ollama.GenerateResponse:
            client._client.headers.update(tracing.headers())  # noqa: SLF001  the client has no other way in
            return client.generate(model=model, prompt=prompt)

        setattr(self._ollama, "generate", generate)  # noqa: B010  mypy takes a method for final
