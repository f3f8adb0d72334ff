"""A request that ends in an unhandled exception is not counted."""

from __future__ import annotations

from promdrill_examples.aurea_orchestrator import metrics
from promdrill_examples.aurea_orchestrator.vocabulary import Answer
from promdrill_examples.mutants.mechanisms import change

METRIC = "aurea_http_requests_total"


def apply() -> None:
    """Break it."""
    change(
        metrics,
        "HTTP_REQUESTS",
        lambda labels, amount: None if int(labels[2]) == Answer.UNHANDLED else (labels, amount),
    )
