"""What a client asks of Ollama, checked as Ollama's own parser does, with its words."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES: Mapping[str, tuple[type, str]] = {
    "model": (str, "string"),
    "prompt": (str, "string"),
    "suffix": (str, "string"),
    "system": (str, "string"),
    "template": (str, "string"),
    "stream": (bool, "bool"),
    "raw": (bool, "bool"),
    "context": (list, "[]int"),
    "images": (list, "[]api.ImageData"),
    "messages": (list, "[]api.Message"),
    "tools": (list, "api.Tools"),
    "options": (dict, "map[string]interface {}"),
}
_GO_NAMES: dict[type, str] = {
    str: "string",
    bool: "bool",
    int: "number",
    float: "number",
    list: "array",
    dict: "object",
}
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"-?(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+")
_FOREVER = 1e9


class BadRequestError(Exception):
    """A request that Ollama answers with 400; the message is Ollama's."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a body must be: Go's struct and its package, the fields' types in Python and Go, the words for no body."""

    package: str
    name: str
    types: Mapping[str, tuple[type, str]]
    missing: str


FORMS = {
    route: Form("api", name, _TYPES, "missing request body")
    for route, name in (("generate", "GenerateRequest"), ("chat", "ChatRequest"), ("show", "ShowRequest"))
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for text. `prompt` is all the text that the model reads, `keep_alive` is seconds or None.

    `usage` tells whether an OpenAI-compatible stream ends with its usage.
    """

    model: str
    prompt: str
    stream: bool
    raw: bool
    keep_alive: float | None
    seed: int | None
    limit: int | None
    wants: frozenset[str]
    usage: bool


def body(data: bytes, form: Form) -> dict[str, Any]:
    """Return a request's fields. Raises `BadRequestError`."""
    if not data.strip():
        raise BadRequestError(form.missing)
    try:
        fields = json.loads(data.decode(errors="replace"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadRequestError(_syntax_error(data)) from None
    if not isinstance(fields, dict):
        raise BadRequestError(f"json: cannot unmarshal {_go(fields)} into Go value of type {form.package}.{form.name}")
    for name, (wanted, go_name) in form.types.items():
        value = fields.get(name)
        if value is not None and type(value) is not wanted:
            raise BadRequestError(
                f"json: cannot unmarshal {_go(value)} into Go struct field {form.name}.{name} of type {go_name}"
            )
    return {
        name: _text(value) if isinstance(value, str) else value for name, value in fields.items() if value is not None
    }


def asked(fields: Mapping[str, Any], form: Form, *, usage: bool = False) -> Asked:
    """Return what a request in Ollama's own terms asks. Raises `BadRequestError`."""
    options = fields.get("options", {})
    return Asked(
        model=fields.get("model", ""),
        prompt=_conversation(fields.get("messages", []), form) if form.name.startswith("Chat") else _single(fields),
        stream=fields.get("stream", True),
        raw=fields.get("raw", False),
        keep_alive=_seconds(fields["keep_alive"]) if "keep_alive" in fields else None,
        seed=_whole(options, "seed"),
        limit=_whole(options, "num_predict"),
        wants=frozenset(name for name in ("think", "tools", "format", "suffix") if fields.get(name)),
        usage=usage,
    )


def _single(fields: Mapping[str, Any]) -> str:
    if fields.get("raw") and (fields.get("template") or fields.get("system") or fields.get("context")):
        raise BadRequestError("raw mode does not support template, system, or context")
    prompt: str = fields.get("prompt", "")
    return f"{fields['system']}\n{prompt}" if prompt and fields.get("system") else prompt


def _conversation(messages: list[Any], form: Form) -> str:
    lines = []
    for message in messages:
        if not isinstance(message, dict):
            into = f"{form.name}.messages of type {form.package}.Message"
            raise BadRequestError(f"json: cannot unmarshal {_go(message)} into Go struct field {into}")
        role, content = message.get("role") or "", message.get("content") or ""
        for name, value in (("role", role), ("content", content)):
            if not isinstance(value, str):
                into = f"{form.name}.messages.{name} of type string"
                raise BadRequestError(f"json: cannot unmarshal {_go(value)} into Go struct field {into}")
        lines.append(f"{role}: {content}")
    return _text("\n".join(lines))


def _whole(options: dict[str, Any], name: str) -> int | None:
    value = options.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value in (math.inf, -math.inf):
        raise BadRequestError(f'option "{name}" must be of type integer')
    return int(value)


def _seconds(keep_alive: object) -> float:
    if isinstance(keep_alive, int | float) and not isinstance(keep_alive, bool):
        return float(min(keep_alive, _FOREVER)) if keep_alive >= 0 else _FOREVER
    if not isinstance(keep_alive, str):
        raise BadRequestError(f"json: cannot unmarshal {_go(keep_alive)} into Go value of type api.Duration")
    if keep_alive == "0":
        return 0.0
    if not _DURATION.fullmatch(keep_alive):
        raise BadRequestError(f'time: invalid duration "{keep_alive}"')
    if keep_alive.startswith("-"):
        return _FOREVER
    parts = re.findall(r"([\d.]+)([a-zµ]+)", keep_alive)
    return min(_FOREVER, sum(float(value) * _UNITS[unit] for value, unit in parts))


def _text(text: str) -> str:
    """Return a text that can be encoded: half of a surrogate pair becomes a question mark."""
    return text.encode(errors="replace").decode()


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _go(value: object) -> str:
    return _GO_NAMES.get(type(value), "null")


def _syntax_error(data: bytes) -> str:
    text = data.decode(errors="replace").rstrip()
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        if error.pos < len(text):
            return f"invalid character {text[error.pos]!r} looking for beginning of value"
    except (ValueError, RecursionError):
        return "exceeded max depth"
    return "unexpected EOF"
