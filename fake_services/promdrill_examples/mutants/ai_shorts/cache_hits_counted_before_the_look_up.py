"""A hit is counted for each look-up, before it is known to be one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.ai_shorts import metrics
from promdrill_examples.ai_shorts.cache import Cache
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "cache_hits_total"


def apply() -> None:
    """Break it."""
    real = metrics.CACHE_HITS

    @instead_of(Cache, "get")
    def get(original: Callable[..., str | None], self: Cache[str], key: object) -> str | None:
        text = original(self, key)
        if text is None:  # one that hits is counted by the caller
            real.inc()
        return text
