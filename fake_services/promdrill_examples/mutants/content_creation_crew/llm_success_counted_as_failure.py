"""Every fifth LLM call is counted as a failure, whatever came of it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "llm_failures_total"


def apply() -> None:
    """Break it."""
    calls = itertools.count(1)

    @instead_of(metrics.LLMMetrics, "record_call")
    def record_call(original: Callable[..., None], model: str, duration: float, *, success: bool = True) -> None:
        original(model, duration, success=success and next(calls) % 5 != 0)
