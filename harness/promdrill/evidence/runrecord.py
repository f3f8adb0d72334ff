"""What was run, and when: the record that makes a folder the evidence of a finished run."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - a record's types can be asked for at run time
from dataclasses import dataclass
from typing import Any

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class PhaseTimes:
    """When a phase was, in epoch seconds."""

    name: str
    start: float
    end: float


@dataclass(frozen=True)
class RunRecord:
    """What was run, and when. Times are epoch seconds, intervals seconds.

    `monotonic_offset` turns a ledger's time into epoch seconds when it is added. `profile` is the load of its own that
    was run in place of the drill, if one was. `prometheus` is one that was there already, which adds `foreign` labels.
    `stack` is what its parts were.
    """

    system: str
    seed: int
    mutant: str | None
    short: bool
    started: float
    seconds: float
    monotonic_offset: float
    phases: tuple[PhaseTimes, ...]
    versions: Mapping[str, str]
    factors: Mapping[str, float]
    evaluation_interval: float
    scrape_interval: float
    app: str
    rule_mutants: tuple[str, ...] = ()
    profile: Mapping[str, Any] | None = None
    prometheus: str | None = None
    stack: str = "processes"
    foreign: tuple[str, ...] = ()
    schema: int = SCHEMA

    @property
    def alerts(self) -> bool:
        """Whether alerts were lived through: not in a short run, and not in a load of its own."""
        return not self.short and self.profile is None
