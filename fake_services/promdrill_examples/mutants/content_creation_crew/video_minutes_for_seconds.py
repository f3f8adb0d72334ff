"""The duration of renders is observed in minutes."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "video_render_seconds"


def apply() -> None:
    """Break it."""
    change(metrics, "VIDEO_SECONDS", lambda labels, seconds: (labels, seconds / 60))
