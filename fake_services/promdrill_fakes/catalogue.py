"""The registry of fakes: one line for each package of ours, and those of other distributions by their entry points."""

from __future__ import annotations

import importlib
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promdrill_fakes.definition import FakeDefinition, Service

BUNDLED = (
    "promdrill_fakes.ollama",
    "promdrill_fakes.tts",
    "promdrill_fakes.s3",
)
"""The packages of our own fakes: `FAKES` of each is a tuple of definitions."""

GROUP = "promdrill.fakes"
"""The entry points of other distributions: each names such a tuple, as in `weather = "promdrill_weather:FAKES"`."""

ATTEMPT_COLUMNS = (
    *("seq", "service", "route", "trace", "trace_id", "test", "operation", "status", "outcome", "error"),
    *("fault", "started", "finished", "latency", "latency_served"),
)
"""The columns that every attempt has in the journal, whatever its service."""


RESERVED = frozenset(
    {"seed", "latency", "load_factor", "faults", "fault_header"}
    | {"control", "client", "app", "sqlite"}
    | {"port", "host", "python", "work", "clock_rate", "calendar_rate", "token"}
)
"""What a name would be confused with: fields of the configuration, other parts of a run, placeholders of a drill."""


class CatalogueError(Exception):
    """A fake of another distribution cannot be imported, or its name cannot be had."""


@cache
def bundled() -> Mapping[str, FakeDefinition]:
    """Return our own fakes by name."""
    return _by_name(("promdrill", importlib.import_module(package).FAKES) for package in BUNDLED)


@cache
def fakes() -> Mapping[str, FakeDefinition]:
    """Return all fakes by name: ours, then those of other distributions.

    Raises:
        CatalogueError: one of them cannot be imported, or two have one name.
    """
    return _by_name([("promdrill", bundled().values()), *_load_entry_points()])


@cache
def services() -> Mapping[str, Service]:
    """Return the services of all fakes by name; raises what `fakes` raises."""
    return MappingProxyType({fake.service.name: fake.service for fake in fakes().values()})


def named(name: str) -> tuple[FakeDefinition, ...]:
    """Return the fake of this name, or all fakes of the service of this name; none where there is neither."""
    if name in fakes():
        return (fakes()[name],)
    return tuple(fake for fake in fakes().values() if fake.service.name == name)


def names() -> tuple[str, ...]:
    """Return every name that `named` knows: the fakes, then the services that are called otherwise than their fakes."""
    return tuple(dict.fromkeys((*fakes(), *services())))


def columns(service: str) -> frozenset[str]:
    """Return the columns of a service's ledger."""
    return frozenset((*ATTEMPT_COLUMNS, *services()[service].columns))


def _load_entry_points() -> Iterator[tuple[str, Iterable[FakeDefinition]]]:
    """Yield each distribution that brings fakes, and what it brings."""
    # Asked for here only: to read the entry points of all distributions takes longer than all else in this module.
    from importlib.metadata import entry_points  # noqa: PLC0415

    for entry in entry_points(group=GROUP):
        owner = entry.dist.name if entry.dist else "an unknown distribution"
        try:
            definitions = tuple(entry.load())
        except Exception as error:
            message = f"the fakes of {owner} ({entry.name} = {entry.value}) cannot be imported: {error!r}"
            raise CatalogueError(message) from error
        yield owner, definitions


def _by_name(owned: Iterable[tuple[str, Iterable[FakeDefinition]]]) -> Mapping[str, FakeDefinition]:
    found: dict[str, FakeDefinition] = {}
    owners: dict[str, str] = {}
    for owner, definitions in owned:
        for fake in definitions:
            for name in (fake.name, fake.service.name):
                if name in RESERVED or not name.isidentifier():
                    raise CatalogueError(f"{owner} brings a fake {name!r}: the name is reserved, or is no identifier")
                if owners.setdefault(name, owner) != owner:
                    raise CatalogueError(f"two distributions bring a fake {name!r}: {owners[name]} and {owner}")
            found[fake.name] = fake
    return MappingProxyType(found)
