"""How a process of the load itself fares: how late its event loop is, and how much of a core it uses.

Only the Locust process imports this module: Locust monkey-patches the standard library.
"""

from __future__ import annotations

import time
from typing import Any, NoReturn

import gevent

BEAT_SECONDS = 0.05
SAMPLE_SECONDS = 1.0


class Sampler:
    """One sample a second: when it was, the share of one core that was used, and the longest that the loop was late.

    `samples` are those since somebody took them out.
    """

    def __init__(self) -> None:
        self.samples: list[dict[str, Any]] = []

    def run(self) -> NoReturn:
        """Take samples for ever. Times are `time.monotonic()` seconds, cpu is seconds used in each."""
        since, used, late = time.monotonic(), time.process_time(), 0.0
        while True:
            before = time.monotonic()
            gevent.sleep(BEAT_SECONDS)
            now = time.monotonic()
            late = max(late, now - before - BEAT_SECONDS)
            if now - since >= SAMPLE_SECONDS:
                cpu = (time.process_time() - used) / (now - since)
                self.samples.append({"at": now, "cpu": round(cpu, 3), "late": round(late, 4)})
                since, used, late = now, time.process_time(), 0.0
