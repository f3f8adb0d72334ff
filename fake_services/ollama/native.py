"""Ollama's own answers: JSON, and a line of JSON for each message of a stream."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from fake_services.ollama.models import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fake_services.call import Call
    from fake_services.ollama.generation import Generation


class Native:
    """The answer to one generate or chat request."""

    stream_type: Final = "application/x-ndjson"

    def __init__(self, call: Call) -> None:
        self._call = call

    def idle(self, reason: str) -> bytes:
        """Return the answer to a request without a prompt: nothing was said, a model was loaded or unloaded."""
        return compact(self._message("", done=True, done_reason=reason))

    def piece(self, token: str) -> bytes:
        """Return a message of a stream."""
        return line(self._message(token, done=False))

    def end(self, text: str, generation: Generation) -> bytes:
        """Return what ends the answer: all of it, or the last message of a stream."""
        ask = self._call.asked
        told: dict[str, Any] = {"done_reason": generation.done_reason}
        if self._call.route == "generate" and not ask.raw:
            told["context"] = [zlib.crc32(token.encode()) % 128_000 for token in [ask.prompt, *generation.tokens]]
        message = self._message("" if ask.stream else text, done=True, **told, **generation.metrics(self._call.started))
        return line(message) if ask.stream else compact(message)

    def _message(self, text: str, **told: object) -> dict[str, Any]:
        said = {"message": {"role": "assistant", "content": text}} if self._call.route == "chat" else {"response": text}
        return {"model": self._call.asked.model, "created_at": rfc3339(datetime.now(UTC)), **said, **told}


def compact(data: Mapping[str, Any]) -> bytes:
    """Return JSON as Go writes it."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


def line(data: Mapping[str, Any]) -> bytes:
    """Return JSON on a line of its own."""
    return compact(data) + b"\n"
