"""A clock that runs at a settable rate, so that slow operations need not be slow."""

from __future__ import annotations

import asyncio
import time


class Clock:
    """Tells and waits out seconds that pass `rate` times as fast as real ones, and a date that runs at its own rate.

    Every number that goes in or comes out is in the clock's own seconds. At rate 60, a sleep of 60 takes one real
    second. Raises `ValueError` for a rate that is not a positive, finite number.
    """

    def __init__(self, rate: float = 1.0, calendar_rate: float = 1.0) -> None:
        for number in (rate, calendar_rate):
            if not 0 < number < float("inf"):
                raise ValueError(f"a clock's rate must be a positive number, not {number}")
        self.rate = rate
        self.calendar_rate = calendar_rate
        self._epoch = time.time() - time.monotonic() * calendar_rate

    def now(self) -> float:
        """Return seconds from an arbitrary start; never goes backwards."""
        return time.monotonic() * self.rate

    def time(self) -> float:
        """Return seconds since the Unix epoch, real when the clock was made and running at `calendar_rate` from there.

        It never goes backwards.
        """
        return self._epoch + time.monotonic() * self.calendar_rate

    async def sleep(self, seconds: float) -> None:
        """Return once at least that many seconds have passed.

        An event loop may wake a sleeper early (uvloop rounds to milliseconds); a measured sleep must not look short.
        """
        deadline = self.now() + seconds
        await asyncio.sleep(seconds / self.rate)
        while (left := deadline - self.now()) > 0:  # noqa: ASYNC110  it waits for the time itself, not for an event
            await asyncio.sleep(left / self.rate)
