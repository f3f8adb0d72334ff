"""The only place that waits: a probe, a deadline, and what was last seen when the deadline passed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from promdrill.errors import DeadlineError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

POLL_SECONDS = 0.05


class NotYet(Exception):  # noqa: N818 - it is an answer of a probe, not an error
    """What a probe raises while the thing that it waits for is not there; the text says what it saw instead."""


def until(
    probe: Callable[[], T],
    *,
    what: str,
    seconds: float,
    alive: Callable[[], None] = lambda: None,
    every: float = POLL_SECONDS,
) -> T:
    """Return the first answer of `probe` that is not a NotYet.

    `alive` is called before each look and raises when waiting has become pointless (a part died). `seconds` is the
    deadline, `every` the pause between looks, both real seconds.

    Raises:
        DeadlineError: the deadline passed; the message holds the last observation.
    """
    deadline = time.monotonic() + seconds
    while True:
        alive()
        try:
            return probe()
        except NotYet as seen:
            if time.monotonic() >= deadline:
                raise DeadlineError(f"{what}: not within {seconds:g} s; last seen: {seen}") from None
        time.sleep(every)


def hold(seconds: float, *, alive: Callable[[], None] = lambda: None) -> None:
    """Let `seconds` pass, looking at `alive` all along."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        alive()
        time.sleep(min(left, POLL_SECONDS))
