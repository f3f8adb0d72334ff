"""The cache keeps everything, however little room it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.ai_shorts.cache import Cache
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "cache_entries"


def apply() -> None:
    """Break it."""

    @instead_of(Cache, "__init__")
    def create(original: Callable[..., None], self: Cache[str], _entries: int, ttl: float, time: object) -> None:
        original(self, 1_000_000, ttl, time)
