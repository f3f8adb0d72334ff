"""A request's body, checked as Go's JSON decoder does for Ollama, with its words."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

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
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=\r\n]")
_NUMBER = (int, float)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


class BadRequestError(Exception):
    """A request that Ollama answers with 400; the message is Ollama's."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a body must be: Go's struct and its package, the fields' types in Python and Go, the words for no body."""

    package: str
    name: str
    types: Mapping[str, tuple[type | tuple[type, ...], str]]
    missing: str

    def mismatch(self, value: object, field: str, go_name: str) -> BadRequestError:
        """Return what Go says of a value of the wrong type."""
        into = f"{self.name}.{field} of type {go_name}"
        return BadRequestError(f"json: cannot unmarshal {_go(value)} into Go struct field {into}")


def body(data: bytes, form: Form) -> dict[str, Any]:
    """Return a request's fields. Raises `BadRequestError`."""
    if not data.strip():
        raise BadRequestError(form.missing)
    try:
        fields = _DECODER.decode(data.decode())
        if b"\\u" in data:  # half of a surrogate pair cannot be encoded again: it becomes a question mark
            fields = json.loads(json.dumps(fields, ensure_ascii=False).encode(errors="replace"))
    except (ValueError, RecursionError):
        raise BadRequestError(_syntax_error(data)) from None
    if not isinstance(fields, dict):
        raise BadRequestError(f"json: cannot unmarshal {_go(fields)} into Go value of type {form.package}.{form.name}")
    types = form.types
    told = {}
    for name, value in fields.items():
        if value is None:
            continue
        if name in types:
            wanted, go_name = types[name]
            if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
                raise form.mismatch(value, name, go_name)
        told[name] = value
    return told


def read_list(fields: Mapping[str, Any], name: str, kind: type, form: Form, go_name: str) -> list[Any]:
    """Return a field that is a list of one type. Raises `BadRequestError`."""
    items: list[Any] = fields.get(name) or []
    for item in items:
        if not isinstance(item, kind) or (isinstance(item, bool) and kind is not bool):
            raise form.mismatch(item, name, go_name)
    return items


def check_images(images: list[Any], form: Form, field: str) -> None:
    """Raise `BadRequestError` unless each image is base64."""
    for image in images:
        if not isinstance(image, str):
            raise form.mismatch(image, field, "api.ImageData")
        wrong = _NOT_BASE64.search(image)
        if wrong or len(image) % 4:
            raise BadRequestError(f"illegal base64 data at input byte {wrong.start() if wrong else len(image)}")


def whole(options: Mapping[str, Any], name: str) -> int | None:
    """Return an option that is a whole number, None if it is not given. Raises `BadRequestError`."""
    value = options.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, _NUMBER) or value in (math.inf, -math.inf):
        raise BadRequestError(f'option "{name}" must be of type integer')
    return int(value)


def seconds(keep_alive: object) -> float:
    """Return a `keep_alive` in seconds. Raises `BadRequestError`."""
    if isinstance(keep_alive, _NUMBER) and not isinstance(keep_alive, bool):
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


def _go(value: object) -> str:
    return _GO_NAMES.get(type(value), "null")


def _syntax_error(data: bytes) -> str:
    said = data.decode(errors="replace").rstrip()
    try:
        json.loads(said)
    except json.JSONDecodeError as error:
        if error.pos < len(said):
            return f"invalid character {said[error.pos]!r} looking for beginning of value"
    except (ValueError, RecursionError):
        return "exceeded max depth"
    return "unexpected EOF"
