"""Ollama's own answers to requests for text: JSON, and a line of JSON for each message of a stream."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from promdrill_fakes.ollama.answers import LINES, compact, line
from promdrill_fakes.ollama.composing import logprob
from promdrill_fakes.ollama.models import rfc3339

if TYPE_CHECKING:
    from promdrill_fakes.call import Call
    from promdrill_fakes.ollama.generation import Generation, Piece


class Native:
    """The answer to one generate or chat request."""

    stream_headers: Final = LINES

    def __init__(self, call: Call) -> None:
        self._call = call

    def idle(self, reason: str) -> bytes:
        """Return the answer to a request without a prompt: nothing was said, a model was loaded or unloaded."""
        return compact(self._message("", {}, done=True, done_reason=reason))

    def piece(self, piece: Piece, generation: Generation) -> bytes:
        """Return a message of a stream."""
        more: dict[str, Any] = {}
        if piece.thought:
            more["thinking"] = piece.token
        elif piece.call:
            more["tool_calls"] = [generation.said.call]
        message = self._message("" if piece.thought else piece.token, more, done=False)
        if self._call.parsed.logprobs and piece.token:
            message["logprobs"] = [logprob(piece.token, self._call.parsed.top_logprobs)]
        return line(message)

    def end(self, generation: Generation) -> bytes:
        """Return what ends the answer: all of it, or the last message of a stream."""
        ask, said = self._call.parsed, generation.said
        told: dict[str, Any] = {"done_reason": said.done_reason}
        if self._call.route == "generate" and not ask.raw:
            told["context"] = [zlib.crc32(token.encode()) % 128_000 for token in [ask.prompt, *said.words]]
        if ask.stream:
            return line(self._message("", {}, done=True, **told, **generation.metrics(self._call.started)))
        more: dict[str, Any] = {"thinking": "".join(said.thoughts)} if said.thoughts else {}
        if said.call is not None:
            more["tool_calls"] = [said.call]
        if ask.logprobs:
            told["logprobs"] = [logprob(token, ask.top_logprobs) for token in (*said.thoughts, *said.words)]
        metrics = generation.metrics(self._call.started)
        return compact(self._message("".join(said.words), more, done=True, **told, **metrics))

    def _message(self, text: str, more: dict[str, Any], **told: object) -> dict[str, Any]:
        begun = {"model": self._call.parsed.model, "created_at": rfc3339(datetime.now(UTC))}
        if self._call.route == "chat":
            return {**begun, "message": {"role": "assistant", "content": text, **more}, **told}
        return {**begun, "response": text, **more, **told}
