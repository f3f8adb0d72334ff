"""Every render is counted for ffmpeg."""

from __future__ import annotations

from fake_services.reference_app.content_creation_crew import metrics
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "video_renders_total"


def apply() -> None:
    """Break it."""
    change(metrics, "VIDEO_RENDERS", lambda _labels, amount: (("ffmpeg",), amount))
