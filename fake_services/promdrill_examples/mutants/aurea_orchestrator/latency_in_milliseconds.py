"""The latency is observed in milliseconds."""

from __future__ import annotations

from promdrill_examples.aurea_orchestrator import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "aurea_request_latency_seconds"


def apply() -> None:
    """Break it."""
    change(metrics, "REQUEST_LATENCY", lambda labels, seconds: (labels, seconds * 1000))
