"""A request that ends in an unhandled exception is not counted."""

from __future__ import annotations

from fake_services.reference_app.aurea_orchestrator import metrics
from fake_services.reference_app.aurea_orchestrator.vocabulary import Answer
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "aurea_http_requests_total"


def apply() -> None:
    """Break it."""
    change(
        metrics,
        "HTTP_REQUESTS",
        lambda labels, amount: None if int(labels[2]) == Answer.UNHANDLED else (labels, amount),
    )
