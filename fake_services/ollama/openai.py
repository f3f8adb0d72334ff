"""Ollama's OpenAI-compatible API: its requests put into Ollama's own terms, its answers, its errors."""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING, Any, Final

from fake_services.ollama.native import compact
from fake_services.ollama.requests import BadRequestError, Form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fake_services.call import Call
    from fake_services.ollama.generation import Generation
    from fake_services.ollama.models import Model

ROUTES = frozenset({"v1_chat", "v1_completions", "v1_models", "v1_model"})
_TYPES: Mapping[str, tuple[type, str]] = {
    "model": (str, "string"),
    "prompt": (str, "string"),
    "suffix": (str, "string"),
    "stream": (bool, "bool"),
    "stream_options": (dict, "openai.StreamOptions"),
    "max_tokens": (int, "int"),
    "seed": (int, "int"),
    "messages": (list, "[]openai.Message"),
    "tools": (list, "[]api.Tool"),
    "response_format": (dict, "openai.ResponseFormat"),
    "reasoning_effort": (str, "string"),
}
FORMS = {
    "v1_chat": Form("openai", "ChatCompletionRequest", _TYPES, "EOF"),
    "v1_completions": Form("openai", "CompletionRequest", _TYPES, "EOF"),
}
_ERROR_TYPES = {400: "invalid_request_error", 404: "not_found_error"}
_OBJECTS = {"v1_chat": ("chatcmpl", "chat.completion"), "v1_completions": ("cmpl", "text_completion")}


def native(fields: Mapping[str, Any], route: str) -> dict[str, Any]:
    """Return the fields of Ollama's own request that asks the same. Raises `BadRequestError`."""
    asks = {
        "model": fields.get("model", ""),
        "stream": fields.get("stream", False),
        "options": {"seed": fields.get("seed"), "num_predict": fields.get("max_tokens")},
    }
    if route == "v1_completions":
        return {**asks, "prompt": fields.get("prompt", ""), "suffix": fields.get("suffix", "")}
    if not fields.get("messages"):
        raise BadRequestError("[] is too short - 'messages'")
    return {
        **asks,
        "messages": [said for message in fields["messages"] for said in _messages(message)],
        "tools": fields.get("tools"),
        "format": fields.get("response_format", {}).get("type") in ("json_object", "json_schema"),
        "think": fields.get("reasoning_effort", "none") != "none",
    }


def wants_usage(fields: Mapping[str, Any]) -> bool:
    """Return whether a stream is to tell its usage at the end."""
    return bool(fields.get("stream_options", {}).get("include_usage"))


def error(status: int, message: str, code: str | None = None) -> dict[str, Any]:
    """Return the error envelope."""
    return {
        "error": {"message": message, "type": _ERROR_TYPES.get(status, "api_error"), "param": None, "code": code},
    }


def event(data: Mapping[str, Any]) -> bytes:
    """Return a server-sent event."""
    return b"data: " + compact(data) + b"\n\n"


def listed(model: Model, name: str) -> dict[str, Any]:
    """Return a model as in the answers of models."""
    return {"id": name, "object": "model", "created": model.modified, "owned_by": "library"}


class OpenAI:
    """The answer to one chat or text completion."""

    stream_type: Final = "text/event-stream"

    def __init__(self, call: Call) -> None:
        self._call = call
        self._chat = call.route == "v1_chat"
        self._begun = False
        self._created = int(time.time())

    def idle(self, reason: str) -> bytes:
        """Return the answer to a request without a prompt: nothing was said, a model was loaded."""
        return self._finished("", reason, 0, 0)

    def piece(self, token: str) -> bytes:
        """Return a chunk of a stream; the first tells the role."""
        role = {} if self._begun else {"role": "assistant"}
        self._begun = True
        return event(self._chunk({"delta": {**role, "content": token}} if self._chat else {"text": token}, None))

    def end(self, text: str, generation: Generation) -> bytes:
        """Return what ends the answer: all of it, or the last events of a stream."""
        return self._finished(text, generation.done_reason, generation.prompt_tokens, len(generation.tokens))

    def _finished(self, text: str, reason: str, prompt: int, completion: int) -> bytes:
        usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
        if not self._call.asked.stream:
            said = {"message": {"role": "assistant", "content": text}} if self._chat else {"text": text}
            return compact({**self._body([{"index": 0, **said, "finish_reason": reason}]), "usage": usage})
        last = event(self._chunk({"delta": {}} if self._chat else {"text": ""}, reason))
        told = event({**self._body([]), "usage": usage}) if self._call.asked.usage else b""
        return last + told + b"data: [DONE]\n\n"

    def _chunk(self, said: Mapping[str, Any], reason: str | None) -> dict[str, Any]:
        # Of the two, only text completions have a usage in every chunk, and it is nothing until the last.
        empty = {"usage": dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), 0)}
        usage = empty if self._call.asked.usage and not self._chat else {}
        return {**self._body([{"index": 0, **said, "finish_reason": reason}]), **usage}

    def _body(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        prefix, kind = _OBJECTS[self._call.route]
        return {
            "id": f"{prefix}-{zlib.crc32(self._call.operation.encode()) % 999}",
            "object": f"{kind}.chunk" if self._chat and self._call.asked.stream else kind,
            "created": self._created,
            "model": self._call.asked.model,
            "system_fingerprint": "fp_ollama",
            "choices": choices,
        }


def _messages(message: object) -> list[object]:
    """Return one of Ollama's messages for each part of one of OpenAI's."""
    content = message.get("content") if isinstance(message, dict) else ""
    if not isinstance(message, dict) or isinstance(content, str):
        return [message]
    if isinstance(content, list):
        return [{"role": message.get("role"), "content": _text(part)} for part in content]
    if message.get("tool_calls") is None:
        raise BadRequestError("invalid message content type: <nil>")
    return [{"role": message.get("role")}]


def _text(part: object) -> str:
    """Return the text of a part of a message; an image has none."""
    if isinstance(part, dict) and part.get("type") == "image_url":
        return ""
    if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str):
        return str(part["text"])
    raise BadRequestError("invalid message format")
