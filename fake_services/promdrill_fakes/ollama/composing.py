"""What a model says: thoughts, words, a JSON document, or the call of a tool; repeatable, with every token counted."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from promdrill_fakes.ollama.example import example
from promdrill_fakes.ollama.text import count, split, tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill_fakes.ollama.requests import TextRequest
    from promdrill_fakes.ollama.settings import OllamaSettings


@dataclass(frozen=True, slots=True)
class Said:
    """All that is said, token by token: first the thoughts, then either words or one call of a tool."""

    thoughts: list[str]
    words: list[str]
    call: Mapping[str, Any] | None
    call_tokens: int
    done_reason: str
    prompt_tokens: int

    @property
    def count(self) -> int:
        """How many tokens it is."""
        return len(self.thoughts) + len(self.words) + self.call_tokens


def compose(ask: TextRequest, seed: int, settings: OllamaSettings) -> Said:
    """Return what is said to a request. Raises `ImpossibleError` where a schema allows nothing that can be said."""
    seed = ask.seed if ask.seed is not None else seed
    low, high = settings.min_tokens, settings.max_tokens
    thoughts = tokens(seed, f"thinking/{ask.prompt}", low, high) if ask.think else []
    prompt_tokens = count(ask.prompt) + ask.read
    if ask.tools:
        call = _call(ask.tools, f"{seed}/{ask.prompt}")
        called = f"{call['function']['name']}{json.dumps(call['function']['arguments'])}"
        return Said(thoughts, [], call, max(1, count(called)), "stop", prompt_tokens)
    if ask.schema is not None:
        words = split(json.dumps(example(ask.schema, f"{seed}/{ask.prompt}")))
    else:
        words = tokens(seed, ask.prompt, low, high)
    if ask.stop:
        words = _stop_at(words, ask.stop)
    limit = ask.limit
    if limit is None or limit <= 0 or limit >= len(thoughts) + len(words):
        return Said(thoughts, words, None, 0, "stop", prompt_tokens)
    kept = thoughts[:limit]
    return Said(kept, words[: limit - len(kept)], None, 0, "length", prompt_tokens)


def logprob(token: str, top: int) -> dict[str, Any]:
    """Return a token with its logarithmic probability, and those of `top` others that were less likely."""
    likely = -(zlib.crc32(token.encode()) % 1000) / 1000
    told = _likely(token, likely)
    if top:
        others = [_likely(f"{token}{'.' * more}", likely - more) for more in range(top)]
        told["top_logprobs"] = others
    return told


def _likely(token: str, logarithm: float) -> dict[str, Any]:
    return {"token": token, "logprob": logarithm, "bytes": list(token.encode())}


def _call(tools: tuple[Mapping[str, Any], ...], seed: str) -> dict[str, Any]:
    tool = tools[Random(seed).randrange(len(tools))]  # noqa: S311 - repeatable, not secret
    arguments = example({**tool["parameters"], "type": "object"}, seed)
    return {
        "id": f"call_{zlib.crc32(seed.encode()):08x}",
        "function": {"index": 0, "name": tool["name"], "arguments": arguments},
    }


def _stop_at(words: list[str], stops: tuple[str, ...]) -> list[str]:
    said = "".join(words)
    found = [at for at in (said.find(stop) for stop in stops) if at >= 0]
    return split(said[: min(found)].rstrip()) if found else words
