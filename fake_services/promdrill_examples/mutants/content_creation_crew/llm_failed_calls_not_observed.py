"""The duration of a failed LLM call is not observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "llm_call_seconds"


def apply() -> None:
    """Break it."""

    @instead_of(metrics.LLMMetrics, "record_call")
    def record_call(original: Callable[..., None], model: str, duration: float, *, success: bool = True) -> None:
        if success:
            original(model, duration)
        else:
            metrics.LLM_CALLS.labels(model).inc()
            metrics.LLM_FAILURES.labels(model).inc()
