"""The provider label is capitalized: Elevenlabs, Gtts, Piper."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "tts_jobs_total"


def apply() -> None:
    """Break it."""
    change(metrics, "TTS_JOBS", lambda labels, amount: ((labels[0].capitalize(),), amount))
