"""The latency is observed when a request comes, before anything is done."""

from __future__ import annotations

from promdrill_examples.aurea_orchestrator import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "aurea_request_latency_seconds"


def apply() -> None:
    """Break it."""
    change(metrics, "REQUEST_LATENCY", lambda labels, _seconds: (labels, 0.0))
