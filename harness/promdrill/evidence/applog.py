"""The log that an app writes: one JSON object a line, read strictly."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log, its `number` from 1.

    `problem` tells why it is not one JSON object; then it has no fields.
    """

    number: int
    text: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


def read_log(path: Path) -> tuple[Line, ...] | None:
    """Return every line of a log, or None where there is no such file; bytes that are no text are replaced."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    lines = text.removesuffix("\n").split("\n") if text else []
    return tuple(_line(number, line) for number, line in enumerate(lines, 1))


def _line(number: int, text: str) -> Line:
    try:
        data = json.loads(text, parse_constant=_refuse)
    except ValueError as error:
        return Line(number, text, problem=str(error))
    if not isinstance(data, dict):
        return Line(number, text, problem=f"it is {type(data).__name__}, not an object")
    return Line(number, text, data)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
