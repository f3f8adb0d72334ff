"""A failed synthesis is counted twice as a failure."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "tts_failures_total"


def apply() -> None:
    """Break it."""
    change(metrics, "TTS_FAILURES", lambda labels, amount: (labels, 2 * amount))
