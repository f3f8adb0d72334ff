"""The histogram of LLM calls holds a model's last 20 observations only (real ones hold 1,000: the same, later)."""

from __future__ import annotations

from collections import defaultdict, deque

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import Labels, change

METRIC = "llm_call_seconds"


def apply() -> None:
    """Break it."""
    histogram = metrics.LLM_SECONDS
    windows: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=20))

    def slide(labels: Labels, seconds: float) -> None:
        windows[labels[0]].append(seconds)
        histogram.remove(*labels)
        for kept in windows[labels[0]]:
            histogram.labels(*labels).observe(kept)

    change(metrics, "LLM_SECONDS", slide)
