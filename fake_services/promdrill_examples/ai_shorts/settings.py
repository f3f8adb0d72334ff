"""Where the app finds what it needs: read from the environment, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from promdrill_examples.settings import positive, required

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """Address of the upstream service, files and the cache.

    Files are relative to the working folder. Timeouts are in real seconds, that of the cache's entries in seconds of
    the app's calendar.
    """

    ollama_host: str
    upstream_timeout: float = 30.0
    database: str = "shorts.db"
    database_timeout: float = 0.05
    log_file: str = "logs/app.log"
    cache_entries: int = 1000
    cache_ttl: float = 86_400.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings that the environment gives; raises `ValueError` naming everything that is wrong."""
        return cls(
            **required(environment, ("OLLAMA_HOST",)),
            upstream_timeout=positive(environment, "UPSTREAM_TIMEOUT", "30"),
            database=environment.get("DATABASE", "shorts.db"),
            database_timeout=positive(environment, "DATABASE_TIMEOUT", "0.05"),
            log_file=environment.get("LOG_FILE", "logs/app.log"),
            cache_entries=int(positive(environment, "CACHE_ENTRIES", "1000")),
            cache_ttl=positive(environment, "CACHE_TTL", "86400"),
        )
