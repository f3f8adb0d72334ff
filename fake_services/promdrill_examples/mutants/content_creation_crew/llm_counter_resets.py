"""The count of LLM calls goes back to 0 once, at the 15th call of a model."""

from __future__ import annotations

from collections import Counter

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import Labels, change

METRIC = "llm_calls_total"
_FATAL = 15


def apply() -> None:
    """Break it."""
    counter = metrics.LLM_CALLS
    calls: Counter[str] = Counter()

    def forget(labels: Labels, amount: float) -> tuple[Labels, float]:
        calls[labels[0]] += 1
        if calls[labels[0]] == _FATAL:
            counter.labels(*labels).reset()
        return labels, amount

    change(metrics, "LLM_CALLS", forget)
