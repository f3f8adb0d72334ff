"""Prometheus' notation of durations (`250ms`, `5m`, `1h30m`), as promql-parser reads and writes it."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Annotated

import promql_parser
from pydantic import AfterValidator

UNITS = {"y": 31_536_000.0, "w": 604_800.0, "d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
NOTATION = re.compile("(?=.)" + "".join(rf"(?:\d+{unit})?" for unit in UNITS), re.ASCII)
# Prometheus counts nanoseconds in 64 bits.
LONGEST = 2**63 / 1e9


def seconds(text: object) -> float:
    """Return a duration in seconds; a plain number is seconds already.

    Raises:
        ValueError: the text is not a Prometheus duration, or is longer than Prometheus can count.
    """
    written = str(text)
    # promql-parser refuses 0s, panics at inf, and until 0.11 read 250ms as 250us.
    parts = re.findall(r"(\d+)(ms|[ywdhms])", written) if NOTATION.fullmatch(written) else ()
    try:
        value = sum(int(count) * UNITS[unit] for count, unit in parts) if parts else float(written)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise ValueError("a duration is written like 250ms, 5s, 5m or 1h30m")
    if abs(value) > LONGEST:
        raise ValueError("a duration is at most 292y")
    return value


def notation(value: float) -> str:
    """Return seconds in Prometheus' notation, rounded to the millisecond and never less than 1 ms, but for 0."""
    milliseconds = max(1, round(value * 1000)) if value else 0
    return promql_parser.display_duration(dt.timedelta(milliseconds=milliseconds)) if value else "0s"


def _check_syntax(text: str) -> str:
    seconds(text)
    if text != "0" and not NOTATION.fullmatch(text):
        raise ValueError("a duration in a rule has a unit, like 250ms, 5s, 5m or 1h30m")
    return text


# A duration as a file has it.
Duration = Annotated[str, AfterValidator(_check_syntax)]
