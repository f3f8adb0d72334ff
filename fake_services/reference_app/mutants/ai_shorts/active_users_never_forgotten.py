"""A user who was there once is active for ever."""

from __future__ import annotations

from fake_services.reference_app.ai_shorts import activity

METRIC = "active_users"


def apply() -> None:
    """Break it."""
    activity.HOUR = float("inf")
