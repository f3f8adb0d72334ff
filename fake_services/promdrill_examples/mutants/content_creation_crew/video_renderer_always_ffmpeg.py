"""Every render is counted for ffmpeg."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "video_renders_total"


def apply() -> None:
    """Break it."""
    change(metrics, "VIDEO_RENDERS", lambda _labels, amount: (("ffmpeg",), amount))
