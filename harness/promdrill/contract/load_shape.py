"""The shape of a load, as data: who acts, when a turn is due, how that changes in time, and what must hold of it.

A closed model has users who each begin a turn when the last one is over, or `every` so many seconds: when the app is
slow they ask for less. An open model has arrivals that are due at absolute times, whatever the app does, and a pool of
users to serve them.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, NonNegativeFloat, PositiveFloat, model_validator

from promdrill.contract.record import Record
from promdrill.durations import seconds

Seconds = Annotated[float, BeforeValidator(seconds), Field(gt=0)]


class Stage(Record):
    """A stretch of a shape: one level all along (`at`), or a straight line from the last one (`to`)."""

    for_: Seconds = Field(alias="for")
    at: NonNegativeFloat | None = None
    to: NonNegativeFloat | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Stage:
        if (self.at is None) == (self.to is None):
            raise ValueError("a stage has either at, a level that it keeps, or to, one that it reaches at its end")
        return self


class Piece(Record):
    """A stage in its place, from level `low` to `high`; it begins at `since` seconds, when `before` has been added up.

    What is added up are arrivals where the level is a rate, and seconds of users where it is their number.
    """

    since: float
    seconds: float
    before: float
    low: float
    high: float

    @property
    def slope(self) -> float:
        """The level's change each second; the last piece lasts for ever, on one level."""
        return (self.high - self.low) / self.seconds if self.high != self.low else 0.0

    def total(self, time: float) -> float:
        """Return what has been added up at a time within the piece."""
        within = time - self.since
        return self.before + self.low * within + self.slope * within**2 / 2

    def time(self, total: float) -> float:
        """Return when so much has been added up and more is to come; infinity where nothing ever is."""
        if not self.low and not self.high:
            return math.inf
        wanted = total - self.before
        # The root of a quadratic equation, in the form that is exact where the slope is nothing.
        root = self.low + math.sqrt(max(0.0, self.low**2 + 2 * self.slope * wanted))
        return self.since + (2 * wanted / root if root else 0.0)


class Shape:
    """A level over time: stages one after the other, the last level kept for ever."""

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        pieces: list[Piece] = []
        since = before = level = 0.0
        for stage in stages:
            low = level if stage.at is None else stage.at
            level = stage.to if stage.to is not None else low
            pieces.append(Piece(since=since, seconds=stage.for_, before=before, low=low, high=level))
            before, since = pieces[-1].total(since + stage.for_), since + stage.for_
        pieces.append(Piece(since=since, seconds=1.0, before=before, low=level, high=level))
        self._pieces = tuple(pieces)

    def level(self, time: float) -> float:
        """Return the level at a time, in seconds from the start."""
        piece = self._at(time)
        return piece.low + piece.slope * (time - piece.since)

    def total(self, time: float) -> float:
        """Return what has been added up from the start to a time."""
        return self._at(time).total(time) if time > 0 else 0.0

    def time(self, total: float) -> float:
        """Return the last time at which no more than so much has been added up; infinity where more never is."""
        return next(piece for piece in reversed(self._pieces) if piece.before <= total).time(total)

    def _at(self, time: float) -> Piece:
        return next((piece for piece in reversed(self._pieces) if piece.since <= time), self._pieces[0])


class Arrivals(Record):
    """When the turns of an open model are due, in one of three ways.

    `rate` is arrivals a second, `stages` how that changes, `replay` a file beside the drill of what was recorded:
    seconds from the start, one on each line. `spacing` is even, or that of independent clients. One that no user has
    taken after `patience` seconds is dropped, and counted.
    """

    rate: PositiveFloat | None = None
    stages: tuple[Stage, ...] = ()
    replay: str | None = None
    spacing: Literal["even", "poisson"] = "even"
    patience: Seconds = 1.0

    @model_validator(mode="after")
    def _one_way(self) -> Arrivals:
        if sum((self.rate is not None, bool(self.stages), self.replay is not None)) != 1:
            raise ValueError("arrivals have one of rate, stages and replay")
        if self.replay is not None and self.spacing != "even":
            raise ValueError("a replay keeps its recorded times: remove spacing")
        return self

    @property
    def shape(self) -> Shape:
        """The rate over time, in arrivals a second; of what is replayed there is none."""
        return Shape(self.stages or (Stage.model_validate({"for": 1, "at": self.rate or 0}),))


class Think(Record):
    """How long a user of a closed model thinks between two turns: from `low` to `high` seconds, any equally likely."""

    low: Annotated[float, BeforeValidator(seconds), Field(ge=0)]
    high: Seconds

    @model_validator(mode="after")
    def _check_order(self) -> Think:
        if self.low > self.high:
            raise ValueError("low must not be above high")
        return self


class Users(Record):
    """One class of Locust users: how many, when each acts, and how many turns make a short run.

    In a closed model `users` act at once, each `every` so many seconds or after a time to `think`; with `stages` as
    many of them as those say. In an open one `arrivals` tell when a turn is due, and `users` is the most there can be
    at once. They act in the phases of `during` alone, or in all but those of `pauses_in`. `journeys` weighs the class's
    methods that can be a turn, and `tags` is what thresholds can name them by.
    """

    users: int = Field(gt=0)
    every: Seconds | None = None
    think: Think | None = None
    arrivals: Arrivals | None = None
    stages: tuple[Stage, ...] = ()
    count: int = Field(ge=0)
    during: tuple[str, ...] = ()
    pauses_in: tuple[str, ...] = ()
    journeys: dict[str, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_model(self) -> Users:
        if sum(way is not None for way in (self.every, self.think, self.arrivals)) != 1:
            raise ValueError("users have one of every, think and arrivals")
        if self.stages and self.arrivals:
            raise ValueError("the stages of an open model are those of its arrivals")
        if any(level > self.users for stage in self.stages for level in (stage.at, stage.to) if level is not None):
            raise ValueError(f"a stage asks for more users than there are: {self.users}")
        return self

    def rest_in(self, phase: str) -> bool:
        """Tell whether they do nothing in a phase."""
        return phase in self.pauses_in or (bool(self.during) and phase not in self.during)

    @property
    def shape(self) -> Shape:
        """How many are awake over time, in seconds from the start of the load."""
        return Shape(self.stages or (Stage.model_validate({"for": 1, "at": self.users}),))

    def active_seconds(self, start: float, end: float) -> float:
        """Return the seconds that all of them together are awake, between two times of the load."""
        return self.shape.total(end) - self.shape.total(start)

    def due_turns(self, start: float, end: float, delayed: float = 0.0) -> float:
        """Return how many turns are due between two times of the load; 0 where nobody can say so beforehand.

        Seconds for which users of a closed model were `delayed` are left out; arrivals are due all the same.
        """
        if self.every:
            return (self.active_seconds(start, end) - delayed) / self.every
        if self.arrivals is None or self.arrivals.replay:
            return 0.0
        return self.arrivals.shape.total(end) - self.arrivals.shape.total(start)


class Gate(Record):
    """What a run may lack and still be believed: beyond any of these it is inconclusive, whatever it seems to show.

    `dropped` is the share of due arrivals that no user took; `lag` how late the generator itself may hand one over, at
    the 99th percentile; `cpu` the share of one core that each of its processes may use on average; `scrapes` the least
    share of due scrapes that were made, and `turns` that of turns in a closed model.
    """

    dropped: Annotated[float, Field(ge=0, le=1)] = 0.0
    lag: Seconds = 0.1
    cpu: Annotated[float, Field(gt=0)] = 0.95
    scrapes: Annotated[float, Field(ge=0, le=1)] = 0.75
    turns: Annotated[float, Field(ge=0, le=1)] = 0.75
