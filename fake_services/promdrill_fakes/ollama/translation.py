"""Requests of OpenAI's API, put into Ollama's own terms as Ollama does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from promdrill_fakes.ollama.parsing import BadRequestError, Form, read_list

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER = ((int, float), "float64")
_TYPES: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    **dict.fromkeys(("model", "prompt", "suffix", "reasoning_effort", "encoding_format"), (str, "string")),
    **dict.fromkeys(("stream", "logprobs"), (bool, "bool")),
    **dict.fromkeys(("max_tokens", "seed", "top_logprobs", "dimensions"), (int, "int")),
    **dict.fromkeys(("temperature", "top_p", "frequency_penalty", "presence_penalty"), _NUMBER),
    "stream_options": (dict, "openai.StreamOptions"),
    "messages": (list, "[]openai.Message"),
    "tools": (list, "[]api.Tool"),
    "response_format": (dict, "openai.ResponseFormat"),
}
FORMS = {
    "v1_chat": Form("openai", "ChatCompletionRequest", _TYPES, "EOF"),
    # A text completion's `logprobs` is a number.
    "v1_completions": Form("openai", "CompletionRequest", {**_TYPES, "logprobs": (int, "int")}, "EOF"),
    "v1_embeddings": Form("openai", "EmbedRequest", _TYPES, "EOF"),
}
_EFFORTS = ("high", "medium", "low", "none")
_SAME = ("temperature", "top_p", "frequency_penalty", "presence_penalty", "seed")


def native(fields: Mapping[str, Any], form: Form) -> dict[str, Any]:
    """Return the fields of Ollama's own request that asks the same. Raises `BadRequestError`."""
    options = {name: fields[name] for name in _SAME if name in fields}
    if "max_tokens" in fields:
        options["num_predict"] = fields["max_tokens"]
    if stop := fields.get("stop"):
        options["stop"] = stop if isinstance(stop, list) else [stop]
    asks = {"model": fields.get("model", ""), "stream": fields.get("stream", False), "options": options}
    if "messages" not in form.types or form.name == "CompletionRequest":
        return {**asks, "prompt": fields.get("prompt", ""), "suffix": fields.get("suffix", "")}
    if not fields.get("messages"):
        raise BadRequestError("[] is too short - 'messages'")
    return {
        **asks,
        "messages": [said for message in fields["messages"] for said in _messages(message, form)],
        "tools": fields.get("tools"),
        "format": _format(fields.get("response_format") or {}),
        "think": _thinks(fields.get("reasoning_effort", "none")),
        "logprobs": fields.get("logprobs", False),
        "top_logprobs": fields.get("top_logprobs", 0),
    }


def wants_usage(fields: Mapping[str, Any]) -> bool:
    """Return whether a stream is to tell its usage at the end."""
    return bool((fields.get("stream_options") or {}).get("include_usage"))


def translate_embeddings(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of Ollama's own request for the same embeddings. Raises `BadRequestError`."""
    if not fields.get("input"):
        raise BadRequestError("invalid input")
    if (wanted := fields.get("encoding_format", "float")) not in ("float", "base64"):
        raise BadRequestError(f"Invalid value for 'encoding_format' = {wanted}. Supported values: ['float', 'base64'].")
    return {name: fields[name] for name in ("model", "input", "dimensions", "encoding_format") if name in fields}


def _thinks(effort: str) -> bool:
    if effort not in _EFFORTS:
        raise BadRequestError(f'invalid reasoning value: \'{effort}\' (must be "high", "medium", "low", or "none")')
    return effort != "none"


def _format(response_format: Mapping[str, Any]) -> object:
    kind = str(response_format.get("type") or "text").strip().lower()
    if kind == "json_object":
        return "json"
    if kind != "json_schema":
        return None
    described = response_format.get("json_schema")
    return described.get("schema") if isinstance(described, dict) else None


def _messages(message: object, form: Form) -> list[object]:
    """Return one of Ollama's messages for each part of one of OpenAI's."""
    if not isinstance(message, dict):
        return [message]
    content, role = message.get("content"), message.get("role")
    if message.get("tool_calls") is not None:
        calls = [_tool_call(call) for call in read_list(message, "tool_calls", dict, form, "openai.ToolCall")]
        return [{"role": role, "content": content if isinstance(content, str) else "", "tool_calls": calls}]
    if isinstance(content, str):
        return [{"role": role, "content": content}]
    if isinstance(content, list):
        return [{"role": role, **_part(part)} for part in content]
    raise BadRequestError("invalid message content type: <nil>")


def _tool_call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call.get("function")
    try:
        arguments = json.loads(function["arguments"])  # type: ignore[index]  # what is no object is caught
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadRequestError("invalid tool call arguments") from None
    if not isinstance(arguments, dict):
        raise BadRequestError("invalid tool call arguments")
    return {"function": {"name": function.get("name"), "arguments": arguments}}  # type: ignore[union-attr]  # see above


def _part(part: object) -> dict[str, Any]:
    """Return the text, or the image, of a part of a message."""
    if isinstance(part, dict) and part.get("type") == "image_url":
        image = part.get("image_url")
        url = image.get("url") if isinstance(image, dict) else image
        kind, comma, data = str(url).partition(";base64,")
        if not comma or not kind.startswith("data:image/"):
            raise BadRequestError("invalid image input")
        return {"images": [data]}
    if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str):
        return {"content": part["text"]}
    raise BadRequestError("invalid message format")
