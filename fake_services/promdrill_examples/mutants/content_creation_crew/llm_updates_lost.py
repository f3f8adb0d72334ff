"""The count of LLM calls is read, and written 50 ms later: updates in between are lost."""

from __future__ import annotations

from collections import defaultdict
from threading import Timer

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import Labels, change

METRIC = "llm_calls_total"


def apply() -> None:
    """Break it."""
    counter = metrics.LLM_CALLS
    written: defaultdict[str, float] = defaultdict(float)

    def write(model: str, value: float) -> None:
        written[model] = value
        counter.labels(model).reset()
        counter.labels(model).inc(value)

    def read(labels: Labels, amount: float) -> None:
        later = Timer(0.05, write, (labels[0], written[labels[0]] + amount))
        later.daemon = True
        later.start()

    change(metrics, "LLM_CALLS", read)
