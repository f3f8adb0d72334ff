"""Prometheus' notation of durations (`250ms`, `5m`, `1h30m`), as promql-parser reads and writes it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated

import promql_parser
from pydantic import AfterValidator

UNITS = {"y": 31_536_000.0, "w": 604_800.0, "d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
# What Prometheus takes and promql-parser (0.11) refuses.
ZERO = {"0", *(f"0{unit}" for unit in UNITS)}


def seconds(text: object) -> float:
    """Return a duration in seconds; a plain number is seconds already.

    Raises:
        ValueError: the text is not a Prometheus duration.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text)
    written = str(text)
    try:
        if written not in ZERO:
            promql_parser.parse_duration(written)
        # The library judges what a duration is; its own value is a thousand times too small for milliseconds (0.11).
        parts = re.findall(r"(\d+)(ms|[ywdhms])", written)
        return sum(int(count) * UNITS[unit] for count, unit in parts) if parts else float(written)
    except ValueError:
        raise ValueError("a duration is written like 250ms, 5s, 5m or 1h30m") from None


def notation(value: float) -> str:
    """Return seconds in Prometheus' notation, rounded to the millisecond and never less than 1 ms, but for 0."""
    milliseconds = max(1, round(value * 1000)) if value else 0
    return promql_parser.display_duration(dt.timedelta(milliseconds=milliseconds)) if value else "0s"


def _written(text: str) -> str:
    seconds(text)
    return text


# A duration as a file has it.
Duration = Annotated[str, AfterValidator(_written)]
