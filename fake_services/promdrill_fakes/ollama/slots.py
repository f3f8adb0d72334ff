"""How many calls a model answers at once, and how many more may wait."""

from __future__ import annotations

from asyncio import Semaphore
from collections import defaultdict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from promdrill_fakes.services import ServiceName

_OLLAMA: Final = "ollama"


class BusyError(Exception):
    """Too many calls wait already."""


class Slots:
    """Gives each model `parallel` calls at once (None: any number); of all models together, `queue` calls may wait.

    How many do is counted in `queued`, under Ollama's name.
    """

    def __init__(self, queued: Counter[ServiceName], parallel: int | None = None, queue: int = 0) -> None:
        self.limits = (parallel, queue)
        self._queued = queued
        self._models: dict[str, Semaphore] = defaultdict(lambda: Semaphore(parallel or 1))

    def free(self, model: str) -> bool:
        """Return whether a call of the model would not have to wait."""
        return self.limits[0] is None or not self._models[model].locked()

    async def take(self, model: str) -> Callable[[], None]:
        """Return when it is the call's turn, with what ends the turn. Raises `BusyError`."""
        parallel, queue = self.limits
        if parallel is None:
            return _nothing
        slots = self._models[model]
        if slots.locked() and self._queued[_OLLAMA] >= queue:
            raise BusyError
        self._queued[_OLLAMA] += 1
        try:
            await slots.acquire()
        finally:
            self._queued[_OLLAMA] -= 1
        return slots.release


def _nothing() -> None:
    """Do nothing: without a limit, no turn has to be given back."""
