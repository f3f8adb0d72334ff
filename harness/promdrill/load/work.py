"""What one class of users has to do in one process of the load: which cases, how many turns, and who is awake.

Only the Locust process imports this module: Locust monkey-patches the standard library.
"""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promdrill.load.arrivals import due_times
from promdrill.load.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from promdrill.contract.load_shape import Users

Row = Mapping[str, Any]
Case = dict[str, Any]
Turn = tuple[int, str | None, Case]


@dataclass(frozen=True)
class Share:
    """Which of how many processes this one is: together they do just what one alone would have."""

    index: int = 0
    among: int = 1

    def part(self, things: Iterator[Any]) -> Iterator[Any]:
        """Return this process' part of what one alone would have had."""
        return itertools.islice(things, self.index, None, self.among)

    def count(self, whole: int) -> int:
        """Return how many of so many are this process'."""
        return whole // self.among + (self.index < whole % self.among)


class Work:
    """The turns of one class of users.

    All of them share one deck of cases, shuffled anew by the run's seed for each pass, so that no case is left out; and
    one of journeys, each as often in a pass as it weighs. `bounded` is a short run: so many turns, one right after the
    other, and no rest.
    """

    def __init__(  # noqa: PLR0913 - each is one thing that a run says of a class
        self,
        name: str,
        users: Users,
        cases: Sequence[Case],
        *,
        seed: int,
        share: Share,
        rests_in: Collection[str],
        phase: Callable[[], str],
        folder: Path,
        bounded: bool,
    ) -> None:
        self.users = users
        self.every = 0.0 if bounded else users.every or 0.0
        self._share = share
        self._phase = phase
        self._rests_in = frozenset() if bounded else frozenset(rests_in)
        self._left: float = share.count(users.count) if bounded else math.inf
        self._bounded = bounded
        self._joined = itertools.count()
        self._began: float | None = None
        source = f"{seed}:{name}"
        weighed = [journey for journey, weight in users.journeys.items() for _ in range(weight)]
        journeys: list[str | None] = [*weighed] or [None]
        decks = zip(_shuffle(journeys, f"{source}:journeys"), _shuffle(cases, source), strict=True)
        self._deck: Iterator[Turn] = share.part((number, journey, case) for number, (journey, case) in enumerate(decks))
        self.pool: Pool | None = None
        if users.arrivals and not bounded:
            due = share.part(due_times(users.arrivals, f"{source}:arrivals", folder))
            self.pool = Pool(due, users.arrivals.patience, self._pausing)

    def join(self) -> int:
        """Return the place of a new user among those of all processes."""
        return next(self._joined) * self._share.among + self._share.index

    def begin(self) -> None:
        """Start the clock of the stages: all users are there."""
        self._began = time.monotonic()

    def resting(self, place: int) -> bool:
        """Tell whether the user in this place does nothing now."""
        if self._pausing():
            return True
        if not self.users.stages or self._bounded:
            return False
        elapsed = 0.0 if self._began is None else time.monotonic() - self._began
        return place >= math.ceil(self.users.shape.level(elapsed))

    def next(self) -> Turn | None:
        """Return the next turn: its number, its journey where the class has several, its case; None after the last."""
        if self._left <= 0:
            return None
        self._left -= 1
        if self.pool:
            self.pool.taken += 1
        return next(self._deck)

    def _pausing(self) -> bool:
        return bool(self._rests_in) and self._phase() in self._rests_in


def _shuffle(things: Sequence[Any], seed: str) -> Iterator[Any]:
    if len(things) == 1:  # which most journeys are, turn by turn
        return itertools.repeat(things[0])
    source = random.Random(seed)  # noqa: S311 - not a secret
    return itertools.chain.from_iterable(source.sample(things, len(things)) for _ in itertools.count())
