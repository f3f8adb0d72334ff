"""Prometheus as one test sees it: what has come since the test began."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from promdrill.evidence.increase import Increase, growth, own_labels

if TYPE_CHECKING:
    from promdrill.evidence.ledger import LabelSet
    from promdrill.evidence.prometheus_api import Answer, Series
    from promdrill.testing.stack import RunningStack

# What Prometheus calls a family that has no TYPE line.
UNTYPED = "unknown"


@dataclass(frozen=True)
class MetricsClient:
    """The Prometheus of a stack; of what it scraped, that since `began` (epoch seconds) is the test's own."""

    running: RunningStack = field(repr=False)
    began: float

    @property
    def url(self) -> str:
        """Where it is."""
        return self.running.stack.prometheus.url

    def query(self, expression: str) -> Answer:
        """Return the answer at this moment."""
        return self.at(expression, time.time())

    def at(self, expression: str, moment: float) -> Answer:
        """Return the answer at a moment, in epoch seconds."""
        return self.running.stack.prometheus.query(expression, moment)

    def since(self, selector: str, moment: float) -> tuple[Series, ...]:
        """Return the raw samples from the test's beginning to a moment."""
        answer = self.at(f"{selector}[{math.ceil(moment - self.began) + 1}s]", moment)
        cut = (
            replace(one, points=tuple(point for point in one.points if point[0] >= self.began)) for one in answer.series
        )
        return tuple(one for one in cut if one.points)

    def growth(self, name: str, moment: float) -> dict[LabelSet, Increase]:
        """Return by how much each of the app's series of a name had grown at a moment."""
        return growth(self.since(self.selector(name), moment), lambda _: self.began)

    def values(self, name: str, moment: float) -> dict[LabelSet, float]:
        """Return the value of each of the app's series of a name at a moment."""
        return {own_labels(one.labels): one.value for one in self.at(self.selector(name), moment).series}

    def selector(self, name: str) -> str:
        """Return what selects the app's series of a name, and nobody else's."""
        return f'{name}{{job="{self.running.scenario.job}"}}'

    def types(self) -> dict[str, str]:
        """Return the type of each family that the app exposes, by the name that its samples have in Prometheus."""
        told = self.running.stack.prometheus.get(f"targets/metadata?match_target={self.selector('')}")
        return {_name(one["metric"], one["type"]): one["type"] for one in told}


def _name(family: str, kind: str) -> str:
    # An app that is asked for OpenMetrics leaves the ending out where it names a counter.
    return f"{family}_total" if kind == "counter" and not family.endswith("_total") else family
