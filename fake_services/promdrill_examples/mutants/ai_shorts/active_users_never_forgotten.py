"""A user who was there once is active for ever."""

from __future__ import annotations

from promdrill_examples.ai_shorts import activity

METRIC = "active_users"


def apply() -> None:
    """Break it."""
    activity.HOUR = float("inf")
