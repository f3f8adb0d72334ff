"""The latency of a failed task is not observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.aurea_orchestrator import metrics
from promdrill_examples.aurea_orchestrator.vocabulary import Answer, Endpoint
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "aurea_request_latency_seconds"


def apply() -> None:
    """Break it."""

    @instead_of(metrics, "record_request")
    def record_request(original: Callable[..., None], method: str, endpoint: str, status: int, seconds: float) -> None:
        if (endpoint, status) == (Endpoint.TASKS, Answer.REFUSED_BY_MODEL):
            metrics.HTTP_REQUESTS.labels(method, endpoint, status).inc()
        else:
            original(method, endpoint, status, seconds)
