"""Thresholds of a load, as they are written: `p(95) < 500ms`, `rate(failures) < 1%`, `rps > 40`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field

from promdrill.contract.record import Record
from promdrill.durations import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

Compare = Callable[[float, float], bool]
OPERATORS: Mapping[str, Compare] = MappingProxyType(
    {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}
)
WRITTEN = re.compile(
    r"\s*(?P<what>p\(\s*(?P<percentile>\d+(?:\.\d+)?)\s*\)|avg|min|med|max|rps|rate\(failures\)|count\(failures\)|count\(requests\)"
    r"|rate\(dropped\)|count\(dropped\))\s*(?P<operator><=|>=|<|>)\s*(?P<limit>\S+)\s*"
)
DURATIONS = ("avg", "min", "med", "max")
EXAMPLES = "p(95) < 500ms, avg <= 0.2s, rate(failures) < 1%, count(requests) >= 100, rps > 40, count(dropped) <= 0"


class Bound(NamedTuple):
    """A threshold taken apart: a statistic, the percentile that it is if it is one, an operator and a limit.

    Limits of latencies are seconds, those of rates shares of 1, `rps` requests a second.
    """

    what: str
    percentile: float | None
    operator: str
    limit: float

    @property
    def of_latency(self) -> bool:
        """Whether it is a statistic of durations."""
        return self.percentile is not None or self.what in DURATIONS

    def holds(self, value: float) -> bool:
        """Tell whether a measured value is within it."""
        return OPERATORS[self.operator](value, self.limit)


def parse(text: str) -> Bound:
    """Return what a threshold says.

    Raises:
        ValueError: it is none; the message says how one is written.
    """
    found = WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a threshold; write one like {EXAMPLES}")
    percentile = float(found["percentile"]) if found["percentile"] else None
    if percentile is not None and not 0 < percentile <= 100:  # noqa: PLR2004 - a percentile
        raise ValueError(f"{text!r}: a percentile is above 0 and at most 100")
    what = "p" if percentile is not None else found["what"]
    bound = Bound(what, percentile, found["operator"], 0.0)
    try:
        return bound._replace(limit=_limit(bound, found["limit"]))
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from None


def _limit(bound: Bound, text: str) -> float:
    if bound.of_latency:
        if text.replace(".", "", 1).isdecimal():
            raise ValueError("a latency has a unit, like 500ms or 2s")
        # 0.5s is how people write it, and no duration of Prometheus.
        decimal = re.fullmatch(r"(\d*\.\d+)(ms|s|m)", text)
        return float(decimal[1]) * seconds(f"1{decimal[2]}") if decimal else seconds(text)
    if text.endswith("%"):
        if not bound.what.startswith("rate("):
            raise ValueError("only a rate can be in percent")
        return float(text[:-1]) / 100
    return float(text)


def _check_syntax(text: str) -> str:
    parse(text)
    return text


class Threshold(Record):
    """What must hold of the measured part of a load, or of those of its requests that carry these tags.

    `of` names columns of the client's ledger (action, user, route, method, status, …) or tags of their users. `latency`
    counts from when a turn was due (`intended`, which is what an open model is for), or from when its request was sent
    (`service`). With `abort`, a load that breaks it is ended, at the earliest `grace` seconds into the measured part.
    """

    that: Annotated[str, AfterValidator(_check_syntax)]
    of: dict[str, str | int] = Field(default_factory=dict)
    latency: Literal["intended", "service"] = "intended"
    abort: bool = False
    grace: Annotated[float, BeforeValidator(seconds), Field(ge=0)] = 0.0

    @property
    def bound(self) -> Bound:
        """The threshold taken apart."""
        return parse(self.that)

    @property
    def subject(self) -> str:
        """How results call it: what is to hold, of which requests, and of which latency if not the intended one."""
        said = [f"{name}={value}" for name, value in self.of.items()]
        if self.bound.of_latency and self.latency != "intended":
            said.append(f"{self.latency} latency")
        return " ".join(self.that.split()) + (f" ({', '.join(said)})" if said else "")
