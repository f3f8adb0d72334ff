"""The duration of renders is observed in minutes."""

from __future__ import annotations

from fake_services.reference_app.content_creation_crew import metrics
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "video_render_seconds"


def apply() -> None:
    """Break it."""
    change(metrics, "VIDEO_SECONDS", lambda labels, seconds: (labels, seconds / 60))
