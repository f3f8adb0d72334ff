"""Where the app finds the service that it calls: read from the environment, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from promdrill_examples.settings import positive, required

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """Address and credentials of the upstream service; times in real seconds."""

    openai_base_url: str
    openai_api_key: str
    upstream_timeout: float = 30.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings that the environment gives; raises `ValueError` naming everything that is wrong."""
        return cls(
            **required(environment, ("OPENAI_BASE_URL", "OPENAI_API_KEY")),
            upstream_timeout=positive(environment, "UPSTREAM_TIMEOUT", "30"),
        )
