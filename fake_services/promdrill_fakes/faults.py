"""Faults: named rules that make a fake misbehave: whom they match, and when they strike."""

from __future__ import annotations

import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BeforeValidator, Field, NonNegativeFloat, PositiveFloat, PositiveInt, create_model, model_validator

from promdrill_fakes.effects import Effect
from promdrill_fakes.services import SERVICES, ServiceName
from promdrill_fakes.settings import Settings, given_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promdrill_fakes.call import Call


HEADER = "X-Promdrill-Fault"
"""The header in which a request asks for an effect itself, where the configuration lets it; names the fault, too."""


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


Names = Annotated[
    tuple[str, ...], BeforeValidator(_as_tuple, json_schema_input_type=str | tuple[str, ...]), Field(min_length=1)
]


if TYPE_CHECKING:
    _Columns = Settings
else:
    # What a request tells, depends on the services that there are.
    _Columns = create_model(
        "_Columns",
        __base__=Settings,
        **{
            name: (Names | None if kind is str else bool | None, None)
            for service in SERVICES.values()
            for name, kind in service.request.items()
        },
    )


class Match(_Columns):
    """Which attempts a fault is about: each field given must equal the request's, or one of a list.

    Beside these fields it has the columns that requests tell, of all services.
    """

    route: Names | None = None
    trace: Names | None = None
    test: Names | None = None
    operation: Names | None = None
    header: dict[str, str] | None = None

    def matches(self, call: Call) -> bool:
        """Return whether a request is one of these; of a request about many keys, one key is enough."""
        if any(call.request.headers.get(name) != value for name, value in (self.header or {}).items()):
            return False
        wanted = {name: value if isinstance(value, tuple) else (value,) for name, value in self if value is not None}
        wanted.pop("header", None)
        return any(all(seen.get(name) in values for name, values in wanted.items()) for seen in call.match_columns())


class Trigger(Settings):
    """When a fault strikes among the attempts that match; with none of the first four given: always.

    With `after` or `until`, only attempts that many seconds after the fault was put (or all was reset) are among them.
    `per: operation` takes the decision at an operation's first attempt and holds it for the retries.
    """

    every: PositiveInt | None = None
    probability: Annotated[float, Field(ge=0, le=1)] | None = None
    first: PositiveInt | None = None
    count: PositiveInt | None = None
    after: NonNegativeFloat | None = None
    until: PositiveFloat | None = None
    per: Literal["attempt", "operation"] = "attempt"

    @model_validator(mode="after")
    def _at_most_one(self) -> Self:
        if len(found := given_fields(self, "every", "probability", "first", "count")) > 1:
            raise ValueError(f"give at most one of every, probability, first, count; given: {', '.join(found)}")
        if self.after is not None and self.until is not None and self.after >= self.until:
            raise ValueError("after must be below until")
        return self

    def open(self, seconds: float) -> bool:
        """Return whether an attempt so long after the fault was put is within its time."""
        return (self.after or 0.0) <= seconds and (self.until is None or seconds < self.until)


class Fault(Settings):
    """A named rule: attempts at `service` that match, when the trigger says so, suffer the effect."""

    service: ServiceName
    match: Match = Match()
    trigger: Trigger = Trigger()
    effect: Effect

    @model_validator(mode="after")
    def _possible(self) -> Self:
        service = SERVICES[self.service]
        columns = {"route", "trace", "test", "operation", "header"} | service.request.keys()
        if strangers := set(given_fields(self.match, *Match.model_fields)) - columns:
            raise ValueError(f"{self.service} cannot match {', '.join(sorted(strangers))}; it knows {sorted(columns)}")
        if strangers := set(self.match.route or ()) - service.routes:
            raise ValueError(
                f"{self.service} has no route {', '.join(sorted(strangers))}; it has {sorted(service.routes)}"
            )
        self.effect.check_for(self.service)
        return self


class FaultBook:
    """Decides which fault strikes an attempt. A fault counts what matches it from the moment it was put."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}
        self._faults: Mapping[str, Fault] = {}
        self._seed = 0
        self.served: Counter[str] = Counter()
        self._matched: Counter[str] = Counter()
        self._held: dict[tuple[str, str], bool] = {}

    def put(self, faults: Mapping[str, Fault], seed: int) -> None:
        """Replace the faults; one that did not change goes on counting where it was."""
        for name, fault in self._faults.items():
            if faults.get(name) != fault:
                self._forget(name)
        now = self._clock()
        self._since = {name: self._since.get(name, now) for name in faults}
        self._faults = faults
        self._seed = seed

    def reset(self) -> None:
        """Start counting anew."""
        self.served.clear()
        self._matched.clear()
        self._held.clear()
        self._since = dict.fromkeys(self._faults, self._clock())

    def decide(self, call: Call, wanted: Effect | None = None) -> tuple[str | None, Effect | None]:
        """Return the name and the effect of the fault that strikes this attempt, of several the first that was put.

        What the request itself wants comes before all of them.
        """
        striking = [
            name
            for name, fault in self._faults.items()
            if fault.service == call.service and fault.match.matches(call) and self._strikes(name, fault.trigger, call)
        ]
        if wanted is not None:
            self.served[HEADER] += 1
            return HEADER, wanted
        if not striking:
            return None, None
        self.served[striking[0]] += 1
        return striking[0], self._faults[striking[0]].effect

    def _strikes(self, name: str, trigger: Trigger, call: Call) -> bool:
        if not trigger.open(call.started - self._since[name]):
            return False
        if trigger.count is not None and self.served[name] >= trigger.count:
            return False
        if trigger.per == "attempt":
            return self._fires(name, trigger)
        held = (name, call.operation)
        if held not in self._held:
            self._held[held] = self._fires(name, trigger)
        return self._held[held]

    def _fires(self, name: str, trigger: Trigger) -> bool:
        self._matched[name] += 1
        ordinal = self._matched[name]
        if trigger.every is not None:
            return ordinal % trigger.every == 0
        if trigger.first is not None:
            return ordinal <= trigger.first
        if trigger.probability is not None:
            draw = Random(f"{self._seed}/fault/{name}/{ordinal}").random()  # noqa: S311 - repeatable, not secret
            return draw < trigger.probability
        return True

    def _forget(self, name: str) -> None:
        del self.served[name], self._matched[name], self._since[name]
        self._held = {held: strikes for held, strikes in self._held.items() if held[0] != name}
