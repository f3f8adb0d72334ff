"""The count of LLM failures is exposed as a gauge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "llm_failures_total"


def apply() -> None:
    """Break it."""

    @instead_of(metrics, "exposition")
    def exposition(original: Callable[[], bytes]) -> bytes:
        return original().replace(b"# TYPE llm_failures_total counter", b"# TYPE llm_failures_total gauge")
