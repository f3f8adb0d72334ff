"""Where the app finds what it needs: read from the environment, once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from promdrill_examples.settings import positive, required

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """Addresses and credentials of the upstream services; times in real seconds.

    With a `metrics_token`, only who has it may read the metrics.
    """

    ollama_host: str
    elevenlabs_base_url: str
    elevenlabs_api_key: str
    database_path: Path
    metrics_token: str = ""
    upstream_timeout: float = 30.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings that the environment gives; raises `ValueError` naming what is wrong."""
        given = required(environment, ("OLLAMA_HOST", "ELEVENLABS_BASE_URL", "ELEVENLABS_API_KEY", "DATABASE_PATH"))
        return cls(
            ollama_host=given["ollama_host"],
            elevenlabs_base_url=given["elevenlabs_base_url"],
            elevenlabs_api_key=given["elevenlabs_api_key"],
            database_path=Path(given["database_path"]),
            metrics_token=environment.get("METRICS_TOKEN", ""),
            upstream_timeout=positive(environment, "UPSTREAM_TIMEOUT", "30"),
        )
