"""Takes fields out of an answer in JSON that goes well otherwise."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from promdrill_fakes.call import Answer

_EVENT = b"data: "


def omit_fields(fields: Collection[str], answer: Answer) -> Answer:
    """Return an answer whose last message, or whose whole body where it is not streamed, lacks these fields."""
    return replace(answer, body=lambda: b"\n".join(_line(fields, line) for line in answer.last().split(b"\n")))


def _line(fields: Collection[str], line: bytes) -> bytes:
    """Return a line without the fields, if it holds an object, by itself or as a server-sent event."""
    prefix = _EVENT if line.startswith(_EVENT) else b""
    text = line.removeprefix(prefix)
    if not text.startswith(b"{"):
        return line
    kept = {name: value for name, value in json.loads(text).items() if name not in fields}
    return prefix + json.dumps(kept, separators=(",", ":"), ensure_ascii=False).encode()
