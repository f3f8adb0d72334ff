"""The count of LLM calls is exposed as llm_requests_total."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "llm_calls_total"


def apply() -> None:
    """Break it."""

    @instead_of(metrics, "exposition")
    def exposition(original: Callable[[], bytes]) -> bytes:
        return original().replace(b"llm_calls_total", b"llm_requests_total")
