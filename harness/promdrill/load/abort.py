"""Ends a load that breaks a threshold which says so: there is nothing to learn from the rest of it.

Only the Locust process imports this module: Locust monkey-patches the standard library.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import gevent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from promdrill.load.thresholds import ArrivalCounts, Limit

LOOK_SECONDS = 0.25


class ThresholdMonitor:
    """Holds the thresholds that may end a load against the rows of its measured phase."""

    def __init__(
        self, limits: Sequence[Limit], measuring: Callable[[], bool], arrivals: Callable[[set[str]], ArrivalCounts]
    ) -> None:
        self._limits = limits
        self._measuring = measuring
        self._came = arrivals
        self._since: float | None = None

    def note(self, row: Mapping[str, Any]) -> None:
        """Take a row into account: a request that was due since the measured phase began."""
        if self._since is not None and row.get("due", -1.0) >= self._since:
            for limit in self._limits:
                limit.note(row)

    def run(self, path: Path, end: Callable[[], None]) -> None:
        """Look until a threshold is broken after its grace; then write to the path which, and end the load."""
        while True:
            gevent.sleep(LOOK_SECONDS)
            if not self._measuring():
                self._since = None
                continue
            if self._since is None:
                self._since = time.monotonic()
            if broken := self._breach(time.monotonic() - self._since):
                path.write_text(json.dumps(broken), encoding="utf-8")
                end()
                return

    def _breach(self, elapsed: float) -> dict[str, Any] | None:
        for limit in self._limits:
            if elapsed < limit.threshold.grace or not limit.measured.requests:
                continue
            value = limit.value(elapsed, self._came(limit.meant))
            if not limit.threshold.bound.holds(value):
                return {"threshold": limit.threshold.subject, "value": value, "after": elapsed}
        return None
