"""What a user can set of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from promdrill.conventions import LOOPBACK, MASTER_PORT

if TYPE_CHECKING:
    from promdrill.contract.profile import Profile
    from promdrill.evidence.external import PrometheusAddress


class Kind(StrEnum):
    """What the parts of a stack are; `auto` is containers where an engine answers, and processes where none does."""

    PROCESSES = "processes"
    CONTAINERS = "containers"
    AUTO = "auto"


KINDS = tuple(kind.value for kind in Kind)


@dataclass(frozen=True)
class Distribution:
    """How the load is distributed: over so many Locust processes of this machine, or of others.

    `workers` is the number of processes elsewhere that connect to `bind:port`; with it, none makes load here. Several
    processes of this machine meet on that port of its loopback. `web` is the loopback port of Locust's own page, which
    is there on request; 0 is any.
    """

    processes: int = 1
    workers: int = 0
    bind: str = LOOPBACK
    port: int = MASTER_PORT
    web: int | None = None


@dataclass(frozen=True)
class Options:
    """What a user can set of a run. `short` means load bounded by count, and no alert phases.

    `mutant` breaks the app, `rule_mutants` break its rules and their delivery. `profile` is a load of its own, run in
    place of the drill and distributed by `distribution`. `host` is the address of this machine at which app and fakes
    listen. `prometheus` is an external one, in place of the stack's own.
    """

    seed: int = 1
    mutant: str | None = None
    short: bool = False
    documented_port: bool = False
    rule_mutants: tuple[str, ...] = ()
    profile: Profile | None = None
    distribution: Distribution = field(default_factory=Distribution)
    host: str = LOOPBACK
    prometheus: PrometheusAddress | None = None
    stack: Kind = Kind.PROCESSES

    @property
    def alerts(self) -> bool:
        """Whether alerts are lived through."""
        return not self.short and self.profile is None

    @property
    def load_scraped(self) -> bool:
        """Whether the load itself is scraped: never in a drill, which has only what is documented."""
        return self.profile is not None or self.documented_port
