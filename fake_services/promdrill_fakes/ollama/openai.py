"""Ollama's OpenAI-compatible API: its requests put into Ollama's own terms, and its answers."""

from __future__ import annotations

import json
import time
import zlib
from typing import TYPE_CHECKING, Any, Final

from promdrill_fakes.ollama.answers import compact, event
from promdrill_fakes.ollama.composing import logprob

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill_fakes.call import Call
    from promdrill_fakes.ollama.generation import Generation, Piece
    from promdrill_fakes.ollama.models import Model

_OBJECTS = {"v1_chat": ("chatcmpl", "chat.completion"), "v1_completions": ("cmpl", "text_completion")}


def model_entry(model: Model, name: str) -> dict[str, Any]:
    """Return a model as in the answers of models."""
    return {"id": name, "object": "model", "created": model.modified, "owned_by": "library"}


class OpenAI:
    """The answer to one chat or text completion."""

    stream_headers: Final = {"Content-Type": "text/event-stream"}

    def __init__(self, call: Call) -> None:
        self._call = call
        self._chat = call.route == "v1_chat"
        self._begun = False
        self._created = int(time.time())

    def idle(self, reason: str) -> bytes:
        """Return the answer to a request without a prompt: nothing was said, a model was loaded."""
        return self._last_chunks(self._whole("", {}), reason, 0, 0)

    def piece(self, piece: Piece, generation: Generation) -> bytes:
        """Return a chunk of a stream; the first tells the role."""
        if not self._chat:
            return event(self._chunk({"text": piece.token}, None))
        delta: dict[str, Any] = {} if self._begun else {"role": "assistant"}
        self._begun = True
        delta["content"] = "" if piece.thought else piece.token
        if piece.thought:
            delta["reasoning"] = piece.token
        if piece.call:
            delta["tool_calls"] = [self._tool_call(generation)]
        said: dict[str, Any] = {"delta": delta}
        if self._call.parsed.logprobs and piece.token:
            said["logprobs"] = self._logprobs([piece.token])
        return event(self._chunk(said, None))

    def end(self, generation: Generation) -> bytes:
        """Return what ends the answer: all of it, or the last events of a stream."""
        said = generation.said
        more: dict[str, Any] = {"reasoning": "".join(said.thoughts)} if said.thoughts else {}
        if said.call is not None:
            more["tool_calls"] = [self._tool_call(generation)]
        whole = self._whole("".join(said.words), more)
        if self._chat and self._call.parsed.logprobs:
            whole["logprobs"] = self._logprobs([*said.thoughts, *said.words])
        reason = said.done_reason if said.call is None else "tool_calls"
        return self._last_chunks(whole, reason, said.prompt_tokens, said.count)

    def _whole(self, text: str, more: dict[str, Any]) -> dict[str, Any]:
        return {"message": {"role": "assistant", "content": text, **more}} if self._chat else {"text": text}

    def _last_chunks(self, whole: Mapping[str, Any], reason: str, prompt: int, completion: int) -> bytes:
        usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
        if not self._call.parsed.stream:
            return compact({**self._body([{"index": 0, **whole, "finish_reason": reason}]), "usage": usage})
        last = event(self._chunk({"delta": {}} if self._chat else {"text": ""}, reason))
        told = event({**self._body([]), "usage": usage}) if self._call.parsed.usage else b""
        return last + told + b"data: [DONE]\n\n"

    def _tool_call(self, generation: Generation) -> dict[str, Any]:
        call = generation.said.call or {}
        function = {
            "name": call["function"]["name"],
            "arguments": json.dumps(call["function"]["arguments"], separators=(",", ":")),
        }
        return {"id": call["id"], "index": 0, "type": "function", "function": function}

    def _logprobs(self, tokens: list[str]) -> dict[str, Any]:
        top = self._call.parsed.top_logprobs
        return {"content": [{"top_logprobs": [], **logprob(token, top)} for token in tokens]}

    def _chunk(self, said: Mapping[str, Any], reason: str | None) -> dict[str, Any]:
        # Of the two, only text completions have a usage in every chunk, and it is nothing until the last.
        empty = {"usage": dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), 0)}
        usage = empty if self._call.parsed.usage and not self._chat else {}
        return {**self._body([{"index": 0, **said, "finish_reason": reason}]), **usage}

    def _body(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        prefix, kind = _OBJECTS[self._call.route]
        return {
            "id": f"{prefix}-{zlib.crc32(self._call.operation.encode()) % 999}",
            "object": f"{kind}.chunk" if self._chat and self._call.parsed.stream else kind,
            "created": self._created,
            "model": self._call.parsed.model,
            "system_fingerprint": "fp_ollama",
            "choices": choices,
        }
