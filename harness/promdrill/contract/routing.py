"""Alertmanager's configuration as a system has it, read with lines: its receivers, and when they are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from promdrill import conventions
from promdrill.durations import Duration, seconds
from promdrill.errors import ContractError
from promdrill.yamlfile import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from promdrill.yamlfile import YamlFile

# What Alertmanager takes where a configuration says nothing.
DEFAULTS = {"group_wait": "30s", "group_interval": "5m", "repeat_interval": "4h"}
# The longest of a configuration's group_wait and group_interval, in a drill.
GROUP_SECONDS = 1.0
ALL_LABELS = "..."


class Receiver(BaseModel):
    """A receiver, as far as a drill reads it."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(min_length=1)


class Route(BaseModel):
    """A route, as far as a drill reads it; the rest of it is for Alertmanager to judge."""

    model_config = ConfigDict(frozen=True)

    receiver: str | None = None
    group_by: tuple[str, ...] | None = None
    group_wait: Duration | None = None
    group_interval: Duration | None = None
    repeat_interval: Duration | None = None
    routes: tuple[Route, ...] = ()


class Configuration(BaseModel):
    """The two parts that every configuration has."""

    model_config = ConfigDict(frozen=True)

    route: Route
    receivers: tuple[Receiver, ...] = Field(min_length=1)


class EffectiveRoute(NamedTuple):
    """One route with what it inherits: where it leads, by which labels it groups, and its group's times in seconds."""

    receiver: str
    group_by: tuple[str, ...]
    wait: float
    interval: float


@dataclass(frozen=True)
class Routing:
    """A configuration that a drill can run: as its file has it, and as a drill reads it."""

    path: Path
    data: dict[str, Any]
    route: Route
    receivers: tuple[str, ...]
    own: bool = field(default=True, compare=False)

    @cached_property
    def effective_routes(self) -> tuple[EffectiveRoute, ...]:
        """Every route, the root first."""
        times = (DEFAULTS["group_wait"], DEFAULTS["group_interval"])
        return tuple(_effective_routes(self.route, EffectiveRoute("", (), *map(seconds, times))))

    @property
    def factor(self) -> float:
        """By how much a drill divides the times of all groups."""
        return max(1.0, max(max(way.wait, way.interval) for way in self.effective_routes) / GROUP_SECONDS)

    @property
    def notice_seconds(self) -> float:
        """How long a group can wait in a drill before its receiver is told: that of its alert may be there already."""
        return max(way.wait + way.interval for way in self.effective_routes) / self.factor

    def group_bys(self, receiver: str) -> frozenset[tuple[str, ...]]:
        """Return by which labels the alerts that reach a receiver are grouped, by one route or another."""
        return frozenset(way.group_by for way in self.effective_routes if way.receiver == receiver)


def read_routing(folder: Path, shown: Callable[[Path], str] = str) -> tuple[Routing | None, YamlFile]:
    """Return the configuration of a folder, or the bundled one where it has none; and its file, with what is wrong.

    `shown` says how a user would write a path.
    """
    own = folder / conventions.ALERTMANAGER_TEMPLATE
    path = own if own.is_file() else conventions.PROMETHEUS / conventions.ALERTMANAGER_TEMPLATE
    return _read(path, shown(path))


def bundled_routing() -> Routing:
    """Return the configuration that a system without one has."""
    routing, file = read_routing(conventions.PROMETHEUS)
    if routing is None:
        raise ContractError(tuple(file.problems))
    return routing


def _read(path: Path, name: str) -> tuple[Routing | None, YamlFile]:
    file = read_yaml(path, name)
    if file.data is None:
        return None, file
    try:
        read = Configuration.model_validate(file.data)
    except ValidationError as error:
        file.refuse(error)
        return None, file
    receivers = tuple(receiver.name for receiver in read.receivers)
    if read.route.receiver is None:
        file.problem(("route",), "the root route has no receiver")
    for index, receiver in enumerate(receivers):
        if receiver in receivers[:index]:
            file.problem(("receivers", index), f"duplicate receiver {receiver}")
    for at, route in _routes(read.route, ("route",)):
        if route.receiver is not None and route.receiver not in receivers:
            file.problem(
                (*at, "receiver"), f"there is no receiver {route.receiver!r}", f"receivers: {', '.join(receivers)}"
            )
    own = path.parent != conventions.PROMETHEUS
    return (None if file.problems else Routing(path, file.data, read.route, receivers, own)), file


def _routes(route: Route, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Route]]:
    yield path, route
    for index, below in enumerate(route.routes):
        yield from _routes(below, (*path, "routes", index))


def _effective_routes(route: Route, above: EffectiveRoute) -> Iterator[EffectiveRoute]:
    way = EffectiveRoute(
        route.receiver or above.receiver,
        above.group_by if route.group_by is None else route.group_by,
        above.wait if route.group_wait is None else seconds(route.group_wait),
        above.interval if route.group_interval is None else seconds(route.group_interval),
    )
    yield way
    for below in route.routes:
        yield from _effective_routes(below, way)
