"""One answer of a model: its tokens, each at its time, and durations that come from the clock that served it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fake_services.latency import sleep_until
from fake_services.ollama.text import count, tokens

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from fake_services.ollama.models import Model, Models
    from fake_services.ollama.requests import Asked
    from fake_services.ollama.settings import OllamaSettings


class Generation:
    """Loads the model, reads the prompt, says the tokens; measures each of the three as it happens."""

    def __init__(self, asked: Asked, seed: int, settings: OllamaSettings) -> None:
        said = tokens(
            asked.seed if asked.seed is not None else seed, asked.prompt, settings.min_tokens, settings.max_tokens
        )
        limit = asked.limit if asked.limit is not None and asked.limit > 0 else len(said)
        self.tokens = said[:limit]
        self.done_reason = "length" if limit < len(said) else "stop"
        self.prompt_tokens = count(asked.prompt)
        self._settings = settings
        self._marks = [0.0, 0.0, 0.0, 0.0]

    async def load(self, models: Models, model: Model, keep_alive: float | None) -> None:
        """Return when the model is in memory."""
        self._marks[0] = time.monotonic()
        if not models.loaded(model):
            await sleep_until(self._marks[0] + self._settings.load_seconds)
        models.keep(model, self._settings.keep_alive_seconds if keep_alive is None else keep_alive)
        self._marks[1] = time.monotonic()

    async def say(self) -> AsyncGenerator[str]:
        """Read the prompt, then yield the tokens, each when it is due."""
        if rate := self._settings.prompt_tokens_per_second:
            await sleep_until(self._marks[1] + self.prompt_tokens / rate)
        self._marks[2] = time.monotonic()
        for ordinal, token in enumerate(self.tokens, start=1):
            if rate := self._settings.tokens_per_second:
                await sleep_until(self._marks[2] + ordinal / rate)
            self._marks[3] = time.monotonic()
            yield token

    def metrics(self, started: float) -> dict[str, int]:
        """Return what the last message tells: counts, and nanoseconds that add up to no more than the total.

        As with Ollama, what is zero is left out.
        """
        loading, reading, saying, said = self._marks
        told = {
            "total_duration": int((time.monotonic() - started) * 1e9),
            "load_duration": int((reading - loading) * 1e9),
            "prompt_eval_count": self.prompt_tokens,
            "prompt_eval_duration": int((saying - reading) * 1e9),
            "eval_count": len(self.tokens),
            "eval_duration": int((said - saying) * 1e9),
        }
        return {name: value for name, value in told.items() if value}
