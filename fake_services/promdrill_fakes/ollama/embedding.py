"""Embeddings: vectors of length 1 that depend on model and text alone."""

from __future__ import annotations

import base64
import math
import struct
import time
from hashlib import shake_128
from typing import TYPE_CHECKING, Any

from promdrill_fakes.ollama.text import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill_fakes.ollama.requests import EmbeddingsRequest

_BYTES = 2


def vector(model: str, text: str, length: int, dimensions: int | None) -> list[float]:
    """Return the embedding of a text, cut to `dimensions` if they are fewer, and brought back to length 1."""
    size = min(length, dimensions or length)
    drawn = shake_128(f"{model}/{text}".encode()).digest(_BYTES * size)
    # Halves between whole numbers: none is zero, and so no vector is.
    numbers = [whole + 0.5 for whole in struct.unpack(f"<{size}h", drawn)]
    norm = math.sqrt(sum(number * number for number in numbers))
    return [number / norm for number in numbers]


def tokens(ask: EmbeddingsRequest) -> int:
    """Return how many tokens were read."""
    return sum(count(text) for text in ask.texts)


def embedding_answer(ask: EmbeddingsRequest, vectors: list[list[float]], started: float, load: float) -> dict[str, Any]:
    """Return the answer of embed, its durations in nanoseconds; what is zero is left out."""
    durations = {
        "total_duration": int((time.monotonic() - started) * 1e9),
        "load_duration": int(load * 1e9),
        "prompt_eval_count": tokens(ask),
    }
    return {"model": ask.model, "embeddings": vectors, **{name: value for name, value in durations.items() if value}}


def openai(ask: EmbeddingsRequest, vectors: list[list[float]]) -> Mapping[str, Any]:
    """Return the answer of OpenAI's API."""
    read = tokens(ask)
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "embedding": _base64(one) if ask.encoding == "base64" else one, "index": index}
            for index, one in enumerate(vectors)
        ],
        "model": ask.model,
        "usage": {"prompt_tokens": read, "total_tokens": read},
    }


def _base64(numbers: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
