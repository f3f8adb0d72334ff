"""The base of all that a user can configure: frozen, strict, and refusing what it does not know."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class Settings(BaseModel):
    """A part of the configuration. Unknown fields, wrong types, NaN and infinity are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class OneOf(Settings):
    """Settings of which exactly one field is given, as in `{"constant": {"seconds": 0.1}}`."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        choices = tuple(type(self).model_fields)
        if len(found := given_fields(self, *choices)) != 1:
            raise ValueError(f"give exactly one of {', '.join(choices)}; given: {', '.join(found) or 'none'}")
        return self


def given_fields(settings: Settings, *names: str) -> list[str]:
    """Return those of `names` that are not None."""
    return [name for name in names if getattr(settings, name) is not None]
