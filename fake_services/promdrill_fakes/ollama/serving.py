"""Requests that a model answers: each waits for its turn, then for the model, and then for what the model says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from promdrill_fakes.call import Answer
from promdrill_fakes.latency import sleep_until
from promdrill_fakes.ollama import embedding
from promdrill_fakes.ollama.answers import BUSY, JSON, as_json, refusal
from promdrill_fakes.ollama.composing import compose
from promdrill_fakes.ollama.example import ImpossibleError
from promdrill_fakes.ollama.generation import Generation
from promdrill_fakes.ollama.native import Native
from promdrill_fakes.ollama.openai import OpenAI
from promdrill_fakes.ollama.slots import BusyError, Slots

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from promdrill_fakes.call import Call
    from promdrill_fakes.ollama.models import Model, Models
    from promdrill_fakes.ollama.requests import EmbeddingsRequest, TextRequest
    from promdrill_fakes.ollama.settings import OllamaSettings
    from promdrill_fakes.shared_state import SharedState

ROUTES = frozenset({"generate", "chat", "v1_chat", "v1_completions"})
EMBEDDINGS = frozenset({"embed", "embeddings", "v1_embeddings"})


class Serving:
    """The models at work."""

    def __init__(self, state: SharedState, models: Models) -> None:
        self._state = state
        self._models = models
        self._slots = Slots(state.queued)
        self._settings: OllamaSettings
        self._seed = 0

    def configure(self, settings: OllamaSettings, seed: int) -> None:
        """Take speeds, limits and the seed; calls that wait go on waiting in the old queue."""
        self._settings, self._seed = settings, seed
        if self._slots.limits != (limits := (settings.num_parallel, settings.max_queue)):
            self._slots = Slots(self._state.queued, *limits)

    async def text(self, call: Call, ask: TextRequest, model: Model) -> Answer:
        """Answer a request for text."""
        self._check(call, model, "completion", *ask.needs)
        words = OpenAI(call) if call.route.startswith("v1_") else Native(call)
        if ask.empty and ask.keep_alive == 0:
            self._models.unload(model)
            return Answer(headers=JSON, body=words.idle("unload"))
        try:
            said = compose(ask, self._seed, self._settings)
        except ImpossibleError as error:
            raise refusal(call, 400, str(error)) from None
        await self._turn(call, model, ask.keep_alive)
        generation = Generation(said, self._settings, self._state.load(call.service))
        await generation.load(self._models, model)
        if ask.empty:
            return Answer(headers=JSON, body=words.idle("load"))
        counts = {"prompt_tokens": said.prompt_tokens, "completion_tokens": said.count}
        if ask.stream:
            pieces = _pieces(words, generation)
            return Answer(
                headers=words.stream_headers, pieces=pieces, body=lambda: words.end(generation), columns=counts
            )
        await generation.speak()
        return Answer(headers=JSON, body=lambda: words.end(generation), columns=counts)

    def answer_at_once(self, ask: TextRequest, model: Model) -> bool:
        """Return whether nothing has to be waited for before the whole answer to a request for text is there."""
        settings = self._settings
        return not (
            ask.stream
            or settings.tokens_per_second
            or settings.prompt_tokens_per_second
            or settings.prompt_overhead_seconds
            or self._models.waits(model, settings.load_seconds)
            or not self._slots.free(model.name)
        )

    async def embeddings(self, call: Call, ask: EmbeddingsRequest, model: Model) -> Answer:
        """Answer a request for embeddings."""
        self._check(call, model, "embedding")
        settings = self._settings
        if ask.dimensions is not None and ask.dimensions < 0:
            raise refusal(call, 400, "dimensions must be a positive number")
        await self._turn(call, model, ask.keep_alive)
        begun, factor = time.monotonic(), self._state.load(call.service)
        await sleep_until(self._models.load(model, settings.load_seconds * factor))
        loaded = time.monotonic()
        read = embedding.tokens(ask)
        due = settings.prompt_overhead_seconds + read / (settings.prompt_tokens_per_second or float("inf"))
        await sleep_until(loaded + due * factor)
        vectors = [embedding.vector(model.name, text, settings.embedding_length, ask.dimensions) for text in ask.texts]
        if call.route == "v1_embeddings":
            return as_json(embedding.openai(ask, vectors), prompt_tokens=read)
        if call.route == "embeddings":
            return as_json({"embedding": vectors[0] if vectors else []}, prompt_tokens=read)
        return as_json(embedding.embedding_answer(ask, vectors, call.started, loaded - begun), prompt_tokens=read)

    def _check(self, call: Call, model: Model, *needed: str) -> None:
        for capability in needed:
            if capability in self._settings.capabilities:
                continue
            if capability == "thinking":
                raise refusal(call, 400, f'"{call.parsed.model}" does not support thinking')
            if capability == "completion":
                word = "chat" if call.route.endswith("chat") else "generate"
                raise refusal(call, 400, f'"{call.parsed.model}" does not support {word}')
            raise refusal(call, 400, f"registry.ollama.ai/library/{model.name} does not support {capability}")

    async def _turn(self, call: Call, model: Model, keep_alive: float | None) -> None:
        """Return when it is the call's turn; the turn and the model are given back when the call ends."""
        try:
            release = await self._slots.take(model.name)
        except BusyError:
            raise refusal(call, 503, BUSY) from None
        keep = self._settings.keep_alive_seconds if keep_alive is None else keep_alive

        def ended() -> None:
            self._models.end(model, keep)
            release()

        self._models.begin(model)
        call.ended = ended


async def _pieces(words: Native | OpenAI, generation: Generation) -> AsyncGenerator[bytes]:
    async for piece in generation.say():
        yield words.piece(piece, generation)
