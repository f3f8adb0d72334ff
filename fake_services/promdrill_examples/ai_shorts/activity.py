"""Who uses the app: the distinct users of the last hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HOUR = 3600.0


class Activity:
    """Remembers for an hour of `time` who was seen."""

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self._seen: dict[str, float] = {}

    def saw(self, user: str) -> None:
        """Note that a user is there."""
        self._seen[user] = self._time()

    def users(self) -> int:
        """Return how many distinct users were there in the last hour."""
        since = self._time() - HOUR
        self._seen = {user: seen for user, seen in self._seen.items() if seen > since}
        return len(self._seen)
