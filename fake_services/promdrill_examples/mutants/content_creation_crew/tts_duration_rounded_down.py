"""The duration of a synthesis is observed in tens of seconds, rounded down."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "tts_seconds"


def apply() -> None:
    """Break it."""
    change(metrics, "TTS_SECONDS", lambda labels, seconds: (labels, seconds // 10 * 10))
