"""The buckets of the latency end at 1 s: a quantile above it cannot be seen."""

from __future__ import annotations

from prometheus_client import Histogram

from promdrill_examples.aurea_orchestrator import metrics
from promdrill_examples.aurea_orchestrator.vocabulary import Endpoint
from promdrill_examples.mutants.mechanisms import change

METRIC = "aurea_request_latency_seconds"
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0)


def apply() -> None:
    """Break it."""
    short = Histogram(METRIC, "Request processing latency.", ("endpoint",), buckets=_BOUNDS, registry=None)
    for endpoint in Endpoint:
        short.labels(endpoint)
    change(metrics, "REQUEST_LATENCY", lambda labels, seconds: (labels, seconds), into=short)
