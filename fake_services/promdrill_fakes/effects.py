"""What a fault does to an attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from promdrill_fakes.services import SERVICES, OmittableField
from promdrill_fakes.settings import Settings, given_fields

if TYPE_CHECKING:
    from promdrill_fakes.services import ServiceName

_WORDS = ("code", "message")
_SPECIAL = ("midstream_error", "omit")
"""Effects that not every service can have."""


class Dribble(Settings):
    """A body that comes `bytes` at a time, one piece `every` so many seconds."""

    bytes: PositiveInt
    every: PositiveFloat


class Effect(Settings):
    """What a fault does to an attempt: exactly one of its fields, of which `status` may have `code` and `message`."""

    status: Annotated[int, Field(ge=400, le=599)] | None = None
    code: str | None = None
    message: str | None = None
    latency: NonNegativeFloat | None = None
    hang: Literal[True] | None = None
    reset: Literal["before_headers"] | NonNegativeInt | None = None
    truncate: NonNegativeInt | None = None
    malformed_chunk: NonNegativeInt | None = None
    midstream_error: str | None = None
    dribble: Dribble | None = None
    bandwidth: PositiveFloat | None = None
    omit: Annotated[tuple[OmittableField, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        choices = tuple(name for name in type(self).model_fields if name not in _WORDS)
        if len(found := given_fields(self, *choices)) != 1:
            raise ValueError(f"give exactly one of {', '.join(choices)}; given: {', '.join(found) or 'none'}")
        if self.status is None and given_fields(self, *_WORDS):
            raise ValueError("code and message belong to status")
        return self

    def check_for(self, service: ServiceName) -> None:
        """Raise ValueError where a service has no way to misbehave like this."""
        for name in given_fields(self, *_SPECIAL):
            if name not in SERVICES[service].effects:
                able = [other.name for other in SERVICES.values() if name in other.effects]
                raise ValueError(f"{name} is for {' and '.join(able)}; {service} has no such thing")
        if strangers := set(self.omit or ()) - set(SERVICES[service].omittable):
            raise ValueError(f"answers of {service} have no {', '.join(sorted(strangers))}")
