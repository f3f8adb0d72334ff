"""Where the app finds the services that it calls: read from the environment, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from promdrill_examples.settings import positive, required

if TYPE_CHECKING:
    from collections.abc import Mapping

_REQUIRED = (
    "OLLAMA_HOST",
    "ELEVENLABS_BASE_URL",
    "ELEVENLABS_API_KEY",
    "PIPER_URL",
    "GTTS_TLD",
    "AWS_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_DEFAULT_REGION",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Addresses and credentials of the upstream services; times in real seconds."""

    ollama_host: str
    elevenlabs_base_url: str
    elevenlabs_api_key: str
    piper_url: str
    gtts_tld: str
    aws_endpoint_url: str
    aws_access_key_id: str
    aws_secret_access_key: str
    aws_default_region: str
    artifacts_bucket: str = "artifacts"
    upstream_timeout: float = 30.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings that the environment gives; raises `ValueError` naming everything that is wrong."""
        return cls(
            **required(environment, _REQUIRED),
            artifacts_bucket=environment.get("ARTIFACTS_BUCKET", "artifacts"),
            upstream_timeout=positive(environment, "UPSTREAM_TIMEOUT", "30"),
        )
