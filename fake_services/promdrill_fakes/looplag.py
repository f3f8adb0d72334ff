"""How late the event loop is: a fake that cannot keep up is no witness."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

INTERVAL = 0.05
"""Seconds between two measurements."""


@dataclass(slots=True)
class LoopLag:
    """How late the event loop was to run a timer, in seconds: the last time, and at worst."""

    last: float = 0.0
    worst: float = 0.0

    def reset(self) -> None:
        """Forget what was worst so far."""
        self.worst = 0.0

    async def watch(self) -> None:
        """Measure until cancelled."""
        while True:
            due = time.monotonic() + INTERVAL
            await asyncio.sleep(INTERVAL)
            self.last = max(0.0, time.monotonic() - due)
            self.worst = max(self.worst, self.last)
