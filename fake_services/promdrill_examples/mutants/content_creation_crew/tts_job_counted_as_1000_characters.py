"""Each synthesis is counted as 1,000 characters."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "tts_characters_total"


def apply() -> None:
    """Break it."""
    change(metrics, "TTS_CHARACTERS", lambda labels, _characters: (labels, 1000.0))
