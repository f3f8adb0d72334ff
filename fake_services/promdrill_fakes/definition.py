"""How a fake is defined: one wire protocol, and the service under which its requests are journalled.

A fake is a package whose `FAKES` is a tuple of these records (docs/extending.md). It imports nothing else until it is
served: the harness reads the records too, and is not to pay for a server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = str | int | float | bool | None

UNKNOWN = "unknown"
"""The route of a request that no provider serves; every service has it."""


@dataclass(frozen=True, slots=True)
class Service:
    """One ledger, with its part of the configuration; several fakes may share it.

    `routes` are the names of what can be asked of it. `columns` maps each column of its own to what it holds where
    nothing is known. `request` maps those columns that a request itself tells, which faults can match, to the type of
    their values: `str` or `bool`. `keys` names those that the ledger counts by. `effects` are the effects of faults
    that not every service can have: `midstream_error`, `omit`; `omittable` are the fields that `omit` can take out of
    an answer. `settings` is the class of its part of the configuration, as `module:Class`.
    """

    name: str
    routes: frozenset[str]
    columns: Mapping[str, Value]
    request: Mapping[str, type[str | bool]]
    keys: tuple[str, ...]
    effects: frozenset[str] = frozenset()
    omittable: tuple[str, ...] = ()
    settings: str | None = None


@dataclass(frozen=True, slots=True)
class FakeDefinition:
    """One wire protocol, served on a port of its own.

    `provider` is what serves it, as `module:Class`: a `promdrill_fakes.call.Provider`, made of the shared state.
    `port` is where it listens by custom. `environment` are the variables that point its clients at it, with `{url}`
    and `{address}` (host and port) to fill in. `tls` says that its clients speak nothing but https. `selector` are the
    columns that tell its rows from those of the other fakes of its service.
    """

    name: str
    service: Service
    provider: str
    port: int
    environment: Mapping[str, str]
    tls: bool = False
    selector: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))

    def variables(self, url: str) -> dict[str, str]:
        """Return the environment variables that point its clients at a URL."""
        address = url.partition("://")[2]
        return {name: text.format(url=url, address=address) for name, text in self.environment.items()}
