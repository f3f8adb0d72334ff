"""A miss is counted once the model has answered: not, if it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fake_services.reference_app.ai_shorts import metrics
from fake_services.reference_app.ai_shorts.writing import Writer
from fake_services.reference_app.mutants.mechanisms import change, instead_of

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
