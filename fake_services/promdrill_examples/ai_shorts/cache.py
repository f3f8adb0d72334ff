"""Answers that need not be asked for again: the most recently used ones, each for a limited time."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Value = TypeVar("Value")


class Cache(Generic[Value]):
    """Holds up to `entries` values, and forgets each `ttl` seconds of `time` after it was put there.

    When it is full, the one that was not used for the longest time makes room. Use from one thread.
    """

    def __init__(self, entries: int, ttl: float, time: Callable[[], float]) -> None:
        self._entries = entries
        self._ttl = ttl
        self._time = time
        self._kept: OrderedDict[Hashable, tuple[float, Value]] = OrderedDict()

    def get(self, key: Hashable) -> Value | None:
        """Return a value, which is then the most recently used one, or None."""
        until, value = self._kept.get(key, (0.0, None))
        if value is None or until <= self._time():
            return None
        self._kept.move_to_end(key)
        return value

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value, and make room for it."""
        self._kept[key] = self._time() + self._ttl, value
        self._kept.move_to_end(key)
        if len(self) > self._entries:
            self._kept.popitem(last=False)

    def __len__(self) -> int:
        now = self._time()
        for key in [key for key, (until, _) in self._kept.items() if until <= now]:
            del self._kept[key]
        return len(self._kept)
