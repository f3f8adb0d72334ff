"""What a mutant is to be seen in: an alert of the contract, and the drill that makes it fire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from promdrill.durations import seconds
from promdrill.rules.mutants.tree import InapplicableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill.rules.rulefile import Rule

# What a check of `for` leaves to the times at which rules are evaluated.
EVALUATIONS = 3


class Promised(Protocol):
    """What a contract promises of an alert, as far as mutants look at it."""

    @property
    def severity(self) -> str:
        """The label that it has."""

    @property
    def annotations(self) -> Mapping[str, str]:
        """The templates of its annotations, by name."""

    @property
    def receiver(self) -> tuple[str, ...]:
        """Whom Alertmanager is to tell of it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """An alert as its contract promises it, the factor of its rule, and the drill's times in real seconds.

    `patience` is how long the phase that makes it fire can last at most.
    """

    alert: str
    promised: Promised
    factor: float
    evaluation_interval: float
    patience: float

    def for_seconds(self, rule: Rule) -> float:
        """Return how long the rule's `for` lasts in the drill, in real seconds.

        Raises:
            InapplicableError: too short a time to be seen.
        """
        held = seconds(rule.for_) / self.factor
        if held < EVALUATIONS * self.evaluation_interval:
            raise InapplicableError(f"its `for` lasts {held:.2g} s of the drill, too short to notice")
        return held

    def annotation(self, having: str = "") -> str:
        """Return the name of the first documented annotation that holds a text.

        Raises:
            InapplicableError: the contract promises none.
        """
        found = (name for name, text in self.promised.annotations.items() if having in text)
        name = next(found, None)
        if name is None:
            what = f"with {having!r}" if having else "of it"
            raise InapplicableError(f"the contract promises no annotation {what}")
        return name
