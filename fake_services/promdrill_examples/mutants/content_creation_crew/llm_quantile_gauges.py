"""Gauges with a quantile label stand in place of the histogram of LLM calls."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

if TYPE_CHECKING:
    from collections.abc import Iterator

METRIC = "llm_call_seconds"


def apply() -> None:
    """Break it."""
    durations: defaultdict[str, list[float]] = defaultdict(list)

    class Quantiles(Collector):
        def collect(self) -> Iterator[GaugeMetricFamily]:
            gauge = GaugeMetricFamily("llm_call_seconds", "Duration of LLM calls.", labels=("model", "quantile"))
            for (model, seconds), quantile in product(durations.items(), (0.5, 0.95, 0.99)):
                gauge.add_metric((model, str(quantile)), sorted(seconds)[int(quantile * len(seconds))])
            yield gauge

    metrics.REGISTRY.unregister(metrics.LLM_SECONDS)
    metrics.REGISTRY.register(Quantiles())
    change(metrics, "LLM_SECONDS", lambda labels, seconds: durations[labels[0]].append(seconds))
