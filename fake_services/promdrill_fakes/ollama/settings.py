"""What can be set of the fake Ollama."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from promdrill_fakes.settings import Settings

Capability = Literal["completion", "tools", "thinking", "insert", "vision", "embedding"]


class OllamaSettings(Settings):
    """Models and their speed. A rate of None is as fast as the machine can.

    An answer has from `min_tokens` to `max_tokens` tokens, which one depends on seed and prompt. `load_seconds` is
    waited for when a model is not loaded, and it stays loaded for `keep_alive_seconds` after its last call unless a
    request says otherwise. A model answers `num_parallel` calls at once (None: any number), `max_queue` more wait.
    `registry` has what can be pulled (None: any name).
    """

    models: Annotated[tuple[str, ...], Field(min_length=1)] = ("llama3.2:1b", "mistral:7b")
    registry: tuple[str, ...] | None = None
    capabilities: tuple[Capability, ...] = ("completion", "tools", "thinking", "insert", "vision", "embedding")
    version: str = "0.12.6"
    min_tokens: PositiveInt = 8
    max_tokens: PositiveInt = 32
    embedding_length: Annotated[int, Field(ge=1, le=16384)] = 768
    prompt_overhead_seconds: NonNegativeFloat = 0.0
    prompt_tokens_per_second: PositiveFloat | None = None
    tokens_per_second: PositiveFloat | None = None
    load_seconds: NonNegativeFloat = 0.0
    keep_alive_seconds: NonNegativeFloat = 300.0
    num_parallel: PositiveInt | None = None
    max_queue: NonNegativeInt = 512
    pull_seconds: NonNegativeFloat = 0.0

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.min_tokens > self.max_tokens:
            raise ValueError("min_tokens must not be above max_tokens")
        return self
