"""One answer of a model: its tokens, each at its time, and durations that come from the clock that served it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill_fakes.latency import sleep_until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from promdrill_fakes.ollama.composing import Said
    from promdrill_fakes.ollama.models import Model, Models
    from promdrill_fakes.ollama.settings import OllamaSettings


@dataclass(frozen=True, slots=True)
class Piece:
    """One token of a stream; the last of a tool's call is the call."""

    token: str
    thought: bool = False
    call: bool = False


class Generation:
    """Loads the model, reads the prompt, says the tokens; measures each of the three as it happens.

    Each takes `factor` times as long as the settings say.
    """

    def __init__(self, said: Said, settings: OllamaSettings, factor: float) -> None:
        self.said = said
        self._settings = settings
        self._factor = factor
        self._marks = [0.0, 0.0, 0.0, 0.0]

    async def load(self, models: Models, model: Model) -> None:
        """Return when the model is in memory."""
        self._marks[0] = time.monotonic()
        await sleep_until(models.load(model, self._settings.load_seconds * self._factor))
        self._marks[1] = time.monotonic()

    async def say(self) -> AsyncGenerator[Piece]:
        """Read the prompt, then yield the tokens, each when it is due."""
        settings, said = self._settings, self.said
        reading = said.prompt_tokens / settings.prompt_tokens_per_second if settings.prompt_tokens_per_second else 0.0
        if due := (settings.prompt_overhead_seconds + reading) * self._factor:
            await sleep_until(self._marks[1] + due)
        self._marks[2] = self._marks[3] = time.monotonic()
        rate = settings.tokens_per_second
        for ordinal, piece in enumerate(self._pieces(), start=1):
            if rate:
                await sleep_until(self._marks[2] + ordinal * self._factor / rate)
            self._marks[3] = time.monotonic()
            if piece is not None:
                yield piece

    async def speak(self) -> None:
        """Return when all is said."""
        settings = self._settings
        if settings.tokens_per_second or settings.prompt_tokens_per_second or settings.prompt_overhead_seconds:
            async for _ in self.say():
                pass
        else:
            self._marks[2] = self._marks[3] = time.monotonic()

    def metrics(self, started: float) -> dict[str, int]:
        """Return what the last message tells: counts, and nanoseconds that add up to no more than the total.

        As with Ollama, what is zero is left out.
        """
        loading, reading, saying, said = self._marks
        told = {
            "total_duration": int((time.monotonic() - started) * 1e9),
            "load_duration": int((reading - loading) * 1e9),
            "prompt_eval_count": self.said.prompt_tokens,
            "prompt_eval_duration": int((saying - reading) * 1e9),
            "eval_count": self.said.count,
            "eval_duration": int((said - saying) * 1e9),
        }
        return {name: value for name, value in told.items() if value}

    def _pieces(self) -> Iterator[Piece | None]:
        """Yield a piece for each token, None where a token is not yet heard of: a tool's call comes whole."""
        for thought in self.said.thoughts:
            yield Piece(thought, thought=True)
        for word in self.said.words:
            yield Piece(word)
        if self.said.call is not None:
            yield from [None] * (self.said.call_tokens - 1)
            yield Piece("", call=True)
