"""Variables in a dashboard's texts, replaced as Grafana's Prometheus data source does it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill.durations import notation, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VARIABLE = re.compile(r"\$(?P<name>\w+)|\$\{(?P<braced>\w+)(?::(?P<form>\w+))?\}|\[\[(?P<old>\w+)\]\]")
LABEL_VALUES = re.compile(r"label_values\(\s*(?:(?P<selector>.+?)\s*,\s*)?(?P<label>\w+)\s*\)", re.DOTALL)
SPECIAL = re.compile(r"[\\^$*+?.()|\[\]{}]")
RATE_SCRAPES = 4
# As many points as a panel is wide, about.
POINTS = 1000


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a variable stands for: the values that are chosen, whether there could be several, and what means all."""

    values: tuple[str, ...]
    several: bool = False
    every: str | None = None

    def __str__(self) -> str:
        """Return it as a query holds it: where several could be chosen, as a regular expression for a matcher."""
        if self.every:
            return self.every
        if not self.several:
            return ",".join(self.values)
        # Within a PromQL string a backslash is written twice.
        escaped = [SPECIAL.sub(lambda found: "\\\\" + found[0].replace("\\", "\\\\"), value) for value in self.values]
        return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def names(text: str) -> frozenset[str]:
    """Return the names of the variables in a text."""
    return frozenset(found["name"] or found["braced"] or found["old"] for found in VARIABLE.finditer(text))


def interpolate(text: str, values: Mapping[str, Chosen]) -> str:
    """Return a text with its variables replaced; a name that is no variable stays, as it does in Grafana."""

    def value(found: re.Match[str]) -> str:
        chosen = values.get(found["name"] or found["braced"] or found["old"])
        if chosen is None:
            return found[0]
        return ",".join(chosen.values) if found["form"] == "raw" else str(chosen)

    return VARIABLE.sub(value, text)


def times(start: float, end: float, scrape_interval: float, least_step: Iterable[str | None] = ()) -> dict[str, Chosen]:
    """Return Grafana's variables of time, for a time range and a scrape interval in seconds.

    The first of `least_step` that is set takes the scrape interval's place, as a query's or a panel's `interval` does.
    `$__interval` is a point of the panel, at least the scrape interval; `$__rate_interval` is the larger of
    `$__interval` + scrape interval and 4 x scrape interval.
    """
    step = next((seconds(least.lstrip(">")) for least in least_step if least), scrape_interval)
    interval = max(step, (end - start) / POINTS)
    length = max(1, round(end - start))
    given = {
        "__interval": notation(interval),
        "__interval_ms": str(round(interval * 1000)),
        "__rate_interval": notation(max(interval + step, RATE_SCRAPES * step)),
        "__range": f"{length}s",
        "__range_s": str(length),
        "__range_ms": str(length * 1000),
        "__from": str(round(start * 1000)),
        "__to": str(round(end * 1000)),
    }
    return {name: Chosen((value,)) for name, value in given.items()}
