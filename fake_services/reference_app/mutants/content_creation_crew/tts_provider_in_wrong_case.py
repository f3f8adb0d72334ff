"""The provider label is capitalized: Elevenlabs, Gtts, Piper."""

from __future__ import annotations

from fake_services.reference_app.content_creation_crew import metrics
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "tts_jobs_total"


def apply() -> None:
    """Break it."""
    change(metrics, "TTS_JOBS", lambda labels, amount: ((labels[0].capitalize(),), amount))
