"""Waiting for scrapes: what is looked at has been scraped after all that a test did, and never before."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, TypeVar

import httpx

from promdrill import wait
from promdrill.errors import DeadlineError, StackError

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.stack.stack import Stack

T = TypeVar("T")

# Prometheus dates a scrape by so many seconds more or less than it began, to keep the intervals even.
ALIGNED = 0.002
# An app can count a request a moment after it has answered it: the first scrape may come too early, not the second.
ENOUGH = 2
SECONDS = 15.0


class Scrapes:
    """The scrapes of the app by a stack's Prometheus: each is told by its time in epoch seconds."""

    def __init__(self, stack: Stack, job: str) -> None:
        self._stack = stack
        self._job = job

    def next(self, count: int = 1) -> float:
        """Return the last of so many successful scrapes that begin from now on."""
        began = time.time()
        return self.until(lambda: self._last_scrape(began, count), "the app scraped")

    def settled(self) -> float:
        """Return the second scrape that began after a fake was last seen at work."""
        seen: tuple[float, int | None] = time.time(), None

        def probe() -> float:
            nonlocal seen
            fakes = self._stack.control.ledger()
            if fakes.in_flight or fakes.entries != seen[1]:
                seen = time.time(), fakes.entries
                raise wait.NotYet(f"the fakes are at work: {fakes.in_flight} requests in flight")
            return self._last_scrape(seen[0], ENOUGH)

        return self.until(probe, "the app scraped")

    def idle(self) -> None:
        """Wait until no fake serves a request."""

        def probe() -> None:
            if count := self._stack.control.ledger().in_flight:
                raise wait.NotYet(f"{count} requests in flight, which a test before has left")

        self.until(probe, "the fakes idle")

    def until(self, probe: Callable[[], T], what: str) -> T:
        """Return the first answer of a probe.

        Raises:
            StackError: it took too long, or a part died.
        """
        seconds = SECONDS + 10 * ENOUGH * self._stack.scrape_interval
        try:
            return wait.until(probe, what=what, seconds=seconds, alive=self._stack.processes.alive)
        except DeadlineError as error:
            raise StackError(f"{error}{self._failing()}") from None

    def _last_scrape(self, moment: float, count: int) -> float:
        now = time.time()
        answer = self._stack.prometheus.query(f'up{{job="{self._job}"}}[{math.ceil(now - moment) + 1}s]', now)
        good = [at for one in answer.series for at, up in one.points if up and at > moment + ALIGNED]
        if len(good) < count:
            raise wait.NotYet(f"{len(good)} of {count} successful scrapes")
        return max(good)

    def _failing(self) -> str:
        try:
            targets = self._stack.prometheus.get("targets?state=active")["activeTargets"]
        except httpx.HTTPError as error:
            return f"; Prometheus does not answer: {error!r}"
        told = [one["lastError"] for one in targets if one["labels"]["job"] == self._job and one["lastError"]]
        return f"; Prometheus says: {told[0]}" if told else ""
