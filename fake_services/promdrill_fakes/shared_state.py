"""What all fakes of one process share: configuration, journal, faults, and the ordinals of requests."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

from promdrill_fakes.faults import FaultBook
from promdrill_fakes.journal import Journal
from promdrill_fakes.latency import draw

if TYPE_CHECKING:
    from promdrill_fakes.config import Config
    from promdrill_fakes.services import ServiceName


class Member(Protocol):
    """A fake that follows the configuration."""

    def configure(self, config: Config, *, fresh: bool) -> None:
        """Take a new configuration; if `fresh`, forget all that was stored or learnt from requests too."""


class SharedState:
    """The shared state; changes of it take effect with the next request.

    `queued` is how many of the requests in flight wait for their turn; a fake that has a queue keeps it.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.journal = Journal()
        self.faults = FaultBook()
        self.queued: Counter[ServiceName] = Counter()
        self._ordinals: Counter[tuple[ServiceName, str]] = Counter()
        self._members: list[Member] = []
        self.faults.put(config.faults, config.seed)

    def join(self, member: Member) -> None:
        """Configure a fake now, and again with every change."""
        self._members.append(member)
        member.configure(self.config, fresh=True)

    def configure(self, config: Config) -> None:
        """Replace the configuration; what was recorded and stored stays."""
        self.config = config
        self.faults.put(config.faults, config.seed)
        for member in self._members:
            member.configure(config, fresh=False)

    def reset(self, seed: int) -> None:
        """Begin again with this seed: nothing recorded, stored or counted; configuration and faults stay."""
        self.config = self.config.model_copy(update={"seed": seed})
        self.journal.reset()
        self.faults.reset()
        self.faults.put(self.config.faults, seed)
        self._ordinals.clear()
        for member in self._members:
            member.configure(self.config, fresh=True)

    def latency(self, service: ServiceName, route: str) -> float:
        """Return the seconds that the configuration asks for of the route's next request."""
        self.count(service, route)
        routes = self.config.latency.get(service, {})
        drawn = draw(routes, self.config.seed, service, route, self._ordinals[service, route])
        return drawn * self.load(service)

    def count(self, service: ServiceName, route: str) -> None:
        """Count a request of which no latency is asked."""
        self._ordinals[service, route] += 1

    def load(self, service: ServiceName) -> float:
        """Return by how much the requests in flight slow the service down: 1 for one alone."""
        others = max(0, self.journal.in_flight[service] - 1)
        return 1.0 + self.config.load_factor.get(service, 0.0) * others
