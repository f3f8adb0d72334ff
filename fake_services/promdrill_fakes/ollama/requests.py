"""What a client asks of Ollama, in Ollama's own terms."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promdrill_fakes.ollama.parsing import BadRequestError, Form, check_images, read_list, seconds, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

_STRING, _BOOL, _INT, _MAP = (str, "string"), (bool, "bool"), (int, "int"), (dict, "map[string]interface {}")
_TYPES: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    **dict.fromkeys(("model", "name", "prompt", "suffix", "system", "template", "quantize", "from"), _STRING),
    **dict.fromkeys(("source", "destination"), _STRING),
    **dict.fromkeys(("stream", "raw", "logprobs", "truncate", "shift", "insecure", "verbose"), _BOOL),
    **dict.fromkeys(("top_logprobs", "dimensions"), _INT),
    **dict.fromkeys(("options", "parameters"), _MAP),
    **dict.fromkeys(("files", "adapters"), (dict, "map[string]string")),
    "context": (list, "[]int"),
    "images": (list, "[]api.ImageData"),
    "messages": (list, "[]api.Message"),
    "tools": (list, "api.Tools"),
}
_STRUCTS = {
    "generate": "GenerateRequest",
    "chat": "ChatRequest",
    "show": "ShowRequest",
    "embed": "EmbedRequest",
    "embeddings": "EmbeddingRequest",
    "pull": "PullRequest",
    "push": "PushRequest",
    "create": "CreateRequest",
    "copy": "CopyRequest",
    "delete": "DeleteRequest",
}
FORMS = {route: Form("api", name, _TYPES, "missing request body") for route, name in _STRUCTS.items()}
_INTEGERS = ("num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "num_keep", "top_k", "repeat_last_n")
_FLOATS = ("top_p", "min_p", "typical_p", "temperature", "repeat_penalty", "presence_penalty", "frequency_penalty")
_LEVELS = ("high", "medium", "low")
_MOST_LOGPROBS = 20


@dataclass(frozen=True, slots=True)
class TextRequest:
    """A request for text. `prompt` is all the text that the model reads, `keep_alive` is seconds or None.

    `empty` tells that there is no prompt: the model is to be loaded, or unloaded. `needs` are the capabilities it
    takes. `schema` is what the answer must be an example of, `tools` are what may be called. `read` is how many tokens
    of an earlier conversation come first. `usage` tells whether an OpenAI-compatible stream ends with its usage.
    """

    model: str
    prompt: str
    empty: bool
    stream: bool
    raw: bool
    keep_alive: float | None
    seed: int | None
    limit: int | None
    stop: tuple[str, ...]
    think: bool
    tools: tuple[Mapping[str, Any], ...]
    schema: Mapping[str, Any] | None
    logprobs: bool
    top_logprobs: int
    needs: tuple[str, ...]
    read: int
    usage: bool


def parse_request(fields: Mapping[str, Any], form: Form, *, usage: bool = False) -> TextRequest:
    """Return what a request in Ollama's own terms asks. Raises `BadRequestError`."""
    options = fields.get("options") or {}
    if options:
        _check_options(options)
    chat = form.name.startswith("Chat")
    messages = fields.get("messages") or []
    tools = _tools(fields, form) if fields.get("tools") else ()
    think = _think(fields["think"]) if "think" in fields else False
    top = fields.get("top_logprobs", 0)
    if not 0 <= top <= _MOST_LOGPROBS:
        raise BadRequestError(f"top_logprobs must be between 0 and {_MOST_LOGPROBS}")
    if fields.get("images"):
        check_images(fields["images"], form, "images")
    prompt = _conversation(messages, form) if chat else _single(fields)
    # A model that has been told what its tool found answers with words.
    called = tools if tools and messages and messages[-1].get("role") != "tool" else ()
    needs = [
        name for name, wanted in (("thinking", think), ("tools", tools), ("insert", fields.get("suffix"))) if wanted
    ]
    return TextRequest(
        model=fields.get("model", ""),
        prompt=f"{json.dumps(tools)}\n{prompt}" if tools else prompt,
        empty=not (messages if chat else fields.get("prompt")),
        stream=fields.get("stream", True),
        raw=fields.get("raw", False),
        keep_alive=seconds(fields["keep_alive"]) if "keep_alive" in fields else None,
        seed=whole(options, "seed"),
        limit=whole(options, "num_predict"),
        stop=_stops(options.get("stop")),
        think=think,
        tools=called,
        schema=_schema(fields["format"]) if fields.get("format") else None,
        logprobs=fields.get("logprobs", False),
        top_logprobs=top,
        needs=tuple(needs),
        read=len(read_list(fields, "context", int, form, "int")),
        usage=usage,
    )


@dataclass(frozen=True, slots=True)
class EmbeddingsRequest:
    """A request for embeddings of `texts`, each of so many `dimensions` (None: the model's), in OpenAI's `encoding`."""

    model: str
    texts: tuple[str, ...]
    dimensions: int | None
    keep_alive: float | None
    encoding: str


def parse_embeddings(fields: Mapping[str, Any], given: str) -> EmbeddingsRequest:
    """Return what a request for embeddings asks; `given` is the field with the text. Raises `BadRequestError`."""
    _check_options(fields.get("options") or {})
    texts = fields.get(given, "")
    several = texts if isinstance(texts, list) else [texts] if texts != "" else []
    if not all(isinstance(one, str) for one in several):
        raise BadRequestError("invalid input type")
    return EmbeddingsRequest(
        model=fields.get("model", ""),
        texts=tuple(several),
        dimensions=fields.get("dimensions") or None,
        keep_alive=seconds(fields["keep_alive"]) if "keep_alive" in fields else None,
        encoding=fields.get("encoding_format", "float"),
    )


def _single(fields: Mapping[str, Any]) -> str:
    if fields.get("raw") and (fields.get("template") or fields.get("system") or fields.get("context")):
        raise BadRequestError("raw mode does not support template, system, or context")
    prompt: str = fields.get("prompt", "")
    return "\n".join(part for part in (fields.get("system"), prompt, fields.get("suffix")) if part)


def _conversation(messages: list[Any], form: Form) -> str:
    lines = []
    for message in messages:
        if not isinstance(message, dict):
            raise form.mismatch(message, "messages", f"{form.package}.Message")
        for name in ("role", "content", "thinking", "tool_name"):
            if not isinstance(message.get(name) or "", str):
                raise form.mismatch(message[name], f"messages.{name}", "string")
        for name, go_name in (("images", "[]api.ImageData"), ("tool_calls", "[]api.ToolCall")):
            if not isinstance(message.get(name) or [], list):
                raise form.mismatch(message[name], f"messages.{name}", go_name)
        check_images(message.get("images") or [], form, "messages.images")
        calls = f" {json.dumps(message['tool_calls'])}" if message.get("tool_calls") else ""
        lines.append(f"{message.get('role') or ''}: {message.get('content') or ''}{calls}")
    return "\n".join(lines)


def _tools(fields: Mapping[str, Any], form: Form) -> tuple[Mapping[str, Any], ...]:
    """Return the functions that may be called."""
    found = []
    for tool in read_list(fields, "tools", dict, form, "api.Tool"):
        function = tool.get("function") or {}
        if not isinstance(function, dict):
            raise form.mismatch(function, "tools.function", "api.ToolFunction")
        if not isinstance(function.get("name") or "", str):
            raise form.mismatch(function["name"], "tools.function.name", "string")
        if not isinstance(function.get("parameters") or {}, dict):
            raise form.mismatch(function["parameters"], "tools.function.parameters", "api.ToolFunctionParameters")
        found.append({"name": function.get("name") or "", "parameters": function.get("parameters") or {}})
    return tuple(found)


def _think(think: object) -> bool:
    if isinstance(think, bool):
        return think
    if not isinstance(think, str):
        raise BadRequestError('think must be a boolean or string ("high", "medium", "low", true, or false)')
    if think not in _LEVELS:
        raise BadRequestError(f'invalid think value: "{think}" (must be "high", "medium", "low", true, or false)')
    return True


def _schema(wanted: object) -> Mapping[str, Any]:
    if isinstance(wanted, dict):
        return wanted
    if wanted == "json":
        return {"type": "object", "properties": {"answer": True}}
    raise BadRequestError(
        f'invalid format: {json.dumps(json.dumps(wanted))}; expected "json" or a valid JSON Schema object'
    )


def _stops(stop: object) -> tuple[str, ...]:
    if not isinstance(stop or [], list):
        raise BadRequestError('option "stop" must be of type array')
    stops: list[Any] = stop or []  # type: ignore[assignment]  # None or a list, as just checked
    if not all(isinstance(one, str) for one in stops):
        raise BadRequestError('option "stop" must be of an array of strings')
    return tuple(one for one in stops if one)


def _check_options(options: Mapping[str, Any]) -> None:
    for name in _INTEGERS:
        whole(options, name)
    for name in _FLOATS:
        if not isinstance(options.get(name) or 0.0, int | float) or isinstance(options.get(name), bool):
            raise BadRequestError(f'option "{name}" must be of type float32')
    if not isinstance(options.get("use_mmap") or False, bool):
        raise BadRequestError('option "use_mmap" must be of type boolean')
