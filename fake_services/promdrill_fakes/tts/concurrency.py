"""A limit on how many requests are served at once, with a short queue before it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections import Counter

    from promdrill_fakes.services import ServiceName

_TTS: Final = "tts"


class FullError(Exception):
    """As many requests as may wait do wait."""


class Concurrency:
    """Lets `limit` requests in at a time (None: any number); up to `queue` more wait, and come in in their order.

    How many wait is counted in `queued`, under the name of the service.
    """

    def __init__(self, queued: Counter[ServiceName]) -> None:
        self._queued = queued
        self.limit: int | None = None
        self.running = 0
        self._queue = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def configure(self, limit: int | None, queue: int) -> None:
        """Change the limits; those that wait come in if they now may."""
        self.limit = limit
        self._queue = queue
        self._admit()

    async def enter(self) -> None:
        """Return when it is the caller's turn; `leave` must follow. Raises `FullError`."""
        if self._free():
            self.running += 1
            return
        if sum(not turn.cancelled() for turn in self._waiting) >= self._queue:
            raise FullError
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._queued[_TTS] += 1
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # its turn had come just before
                self.leave()
            raise
        finally:
            self._queued[_TTS] -= 1

    def leave(self) -> None:
        """Make room for the next."""
        self.running -= 1
        self._admit()

    def _free(self) -> bool:
        return self.limit is None or self.running < self.limit

    def _admit(self) -> None:
        while self._waiting and self._free():
            turn = self._waiting.popleft()
            if not turn.cancelled():
                self.running += 1
                turn.set_result(None)
