"""The words that an expectation begins with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill.testing.answers import Alert, Query
from promdrill.testing.series import Chosen, Counter, Gauge, Growing, Histogram

if TYPE_CHECKING:
    from promdrill.testing.metrics_client import MetricsClient


def expect(prometheus: MetricsClient) -> Expecting:
    """Begin an expectation on what Prometheus has of the app since the test began."""
    return Expecting(prometheus)


@dataclass(frozen=True)
class Expecting:
    """What can be expected of; labels that are not named are any, and their values are text."""

    prometheus: MetricsClient

    def counter(self, name: str, /, **labels: object) -> Counter:
        """Of a counter, in the sum of all series that have the labels."""
        return Counter(self._choose(name, name, labels, "counter"))

    def histogram(self, name: str, /, **labels: object) -> Histogram:
        """Of a histogram or a summary, in the sum of all series that have the labels."""
        count, total = (
            Growing(self._choose(name, f"{name}_{part}", labels, "histogram", "summary")) for part in ("count", "sum")
        )
        return Histogram(count, total)

    def gauge(self, name: str, /, **labels: object) -> Gauge:
        """Of a gauge: the one series that has the labels."""
        return Gauge(self._choose(name, name, labels, "gauge"))

    def query(self, promql: str) -> Query:
        """Of the answer to a query; its windows can reach back to before the test began."""
        return Query(self.prometheus, promql)

    def alert(self, name: str, /, **labels: object) -> Alert:
        """Of an alert, in the instances that have the labels."""
        return Alert(self.prometheus, name, _text(labels))

    def _choose(self, metric: str, samples: str, labels: dict[str, object], *types: str) -> Chosen:
        return Chosen(self.prometheus, metric, _text(labels), frozenset(types), samples)


def _text(labels: dict[str, object]) -> dict[str, str]:
    return {label: str(value) for label, value in labels.items()}
