"""Seeded latency: each draw depends on the seed, the route and the ordinal of the request alone."""

from __future__ import annotations

import asyncio
import math
import time
from random import Random
from typing import TYPE_CHECKING, Annotated, Protocol, Self, cast

from pydantic import Field, NonNegativeFloat, PositiveFloat, model_validator

from promdrill_fakes.settings import OneOf, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

_TICK = 0.001
"""The shortest sleep, in seconds, that is one."""


class Draws(Protocol):
    """Anything that draws seconds from a source of randomness."""

    def draw(self, random: Random) -> float:
        """Return seconds, zero or more."""


class Constant(Settings):
    """Always the same `seconds`."""

    seconds: NonNegativeFloat

    def draw(self, _random: Random) -> float:
        """Return `seconds`."""
        return self.seconds


class Uniform(Settings):
    """Anything from `low` to `high` seconds, all equally likely."""

    low: NonNegativeFloat
    high: NonNegativeFloat

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.low > self.high:
            raise ValueError("low must not be above high")
        return self

    def draw(self, random: Random) -> float:
        """Return seconds from `low` to `high`."""
        return random.uniform(self.low, self.high)


class Lognormal(Settings):
    """The usual shape of service times: half of the draws are below `median` seconds, `sigma` is the spread."""

    median: PositiveFloat
    sigma: NonNegativeFloat

    def draw(self, random: Random) -> float:
        """Return seconds above zero."""
        return random.lognormvariate(math.log(self.median), self.sigma)


class Gamma(Settings):
    """A sum of exponential waits; its mean is `shape * scale` seconds."""

    shape: PositiveFloat
    scale: PositiveFloat

    def draw(self, random: Random) -> float:
        """Return seconds, zero or more."""
        return random.gammavariate(self.shape, self.scale)


class Empirical(Settings):
    """One of the measured `values`, in seconds, all equally likely."""

    values: Annotated[tuple[NonNegativeFloat, ...], Field(min_length=1)]

    def draw(self, random: Random) -> float:
        """Return one of `values`."""
        return random.choice(self.values)


class Part(Settings):
    """One part of a mixture: how often it is drawn from, relative to the others, and what it is."""

    weight: PositiveFloat
    of: Distribution


class Mixture(Settings):
    """Draws from one of its `parts`, chosen by weight: a slow tail beside a fast body, say."""

    parts: Annotated[tuple[Part, ...], Field(min_length=1)]

    def draw(self, random: Random) -> float:
        """Return seconds from the part that was chosen."""
        (part,) = random.choices(self.parts, weights=[part.weight for part in self.parts])
        return part.of.draw(random)


class Distribution(OneOf):
    """A distribution of seconds, named by its one field."""

    constant: Constant | None = None
    uniform: Uniform | None = None
    lognormal: Lognormal | None = None
    gamma: Gamma | None = None
    empirical: Empirical | None = None
    mixture: Mixture | None = None

    def draw(self, random: Random) -> float:
        """Return seconds, zero or more."""
        return next(cast("Draws", given) for _, given in self if given is not None).draw(random)


Part.model_rebuild()
Mixture.model_rebuild()


def draw(routes: Mapping[str, Distribution], seed: int, service: str, route: str, ordinal: int) -> float:
    """Return the latency in seconds of a route's request number `ordinal` (from 1); 0 where none is configured."""
    distribution = routes.get(route) or routes.get("*")
    if distribution is None:
        return 0.0
    return distribution.draw(Random(f"{seed}/{service}.{route}/{ordinal}"))  # noqa: S311 - repeatable, not secret


async def sleep_until(deadline: float) -> None:
    """Return at `deadline` on `time.monotonic()`: never before it, and as soon after it as the loop allows."""
    while (left := deadline - time.monotonic()) > 0:  # noqa: ASYNC110 - a timer may be early by a millisecond
        # uvloop counts in milliseconds: asked for less than one, it would return at once, again and again.
        await asyncio.sleep(max(left, _TICK))
