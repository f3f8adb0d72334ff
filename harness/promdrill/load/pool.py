"""The open model: each arrival is due at an absolute time, and the next free user of a bounded pool takes it.

Only the Locust process imports this module: Locust monkey-patches the standard library.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import gevent
from gevent.queue import Queue

from promdrill.load.meter import Latencies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Pool:
    """Hands arrivals to users, in the order in which they are due; what nobody took in time is dropped and counted.

    `due` are seconds from the start, in order; `patience` is how many seconds one waits for a user; `resting` tells
    that none are to come just now: those that are due then are passed over, as if they were not in the list.
    """

    def __init__(self, due: Iterator[float], patience: float, resting: Callable[[], bool]) -> None:
        self._times = due
        self._patience = patience
        self._resting = resting
        self._queue: Queue[float] = Queue()
        self._closed = False
        self.due = self.taken = self.dropped = 0
        self.lag = Latencies()

    def run(self) -> None:
        """Let arrivals come, from now on; returns when the last one has.

        How late each is handed over is the generator's own lag: it never waits for a user here.
        """
        begun = time.monotonic()
        for offset in self._times:
            moment = begun + offset
            gevent.sleep(max(0.0, moment - time.monotonic()))
            if self._closed:
                return
            if self._resting():
                continue
            self.due += 1
            self.lag.record(max(0.0, time.monotonic() - moment))
            self._queue.put(moment)

    def take(self) -> float:
        """Wait for an arrival and return when it was due, on the monotonic clock."""
        while True:
            moment = self._queue.get()
            if time.monotonic() - moment <= self._patience:
                return float(moment)
            self.dropped += 1

    def close(self) -> None:
        """Let no more come, and settle the account: who has waited in vain is dropped, the others never were due.

        The end of the load cut those off; some of them in the moment between being handed over and being begun.
        """
        self._closed = True
        while not self._queue.empty():
            self.dropped += time.monotonic() - self._queue.get() > self._patience
        self.due = self.taken + self.dropped
