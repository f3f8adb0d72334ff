"""The latency is observed when a request comes, before anything is done."""

from __future__ import annotations

from fake_services.reference_app.aurea_orchestrator import metrics
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "aurea_request_latency_seconds"


def apply() -> None:
    """Break it."""
    change(metrics, "REQUEST_LATENCY", lambda labels, _seconds: (labels, 0.0))
