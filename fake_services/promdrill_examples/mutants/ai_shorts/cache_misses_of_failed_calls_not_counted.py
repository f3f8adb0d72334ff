"""A miss is counted once the model has answered: not, if it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.ai_shorts import metrics
from promdrill_examples.ai_shorts.writing import Writer
from promdrill_examples.mutants.mechanisms import change, instead_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

METRIC = "cache_misses_total"


def apply() -> None:
    """Break it."""
    real = metrics.CACHE_MISSES
    change(metrics, "CACHE_MISSES", lambda _labels, _amount: None)

    @instead_of(Writer, "write")
    async def write(original: Callable[..., Awaitable[str]], self: Writer, *asked: object) -> str:
        text = await original(self, *asked)
        real.inc()
        return text
