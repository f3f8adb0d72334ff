"""What can be set of the fake TTS providers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt

from fake_services.settings import Settings


class TtsSettings(Settings):
    """Voices, keys, and how fast they speak.

    `voices` maps the ids of ElevenLabs to names; `piper_voices` are names, the first is the default; with no `api_keys`
    every key is good.
    """

    characters_per_second: PositiveFloat = 15.0
    voices: dict[str, str] = Field(
        default={"21m00Tcm4TlvDq8ikWAM": "Rachel", "JBFqnCBsd6RMkjVDRZzb": "George", "EXAVITQu4vr4xnSDxMaL": "Sarah"},
        min_length=1,
    )
    models: Annotated[tuple[str, ...], Field(min_length=1)] = (
        "eleven_multilingual_v2",
        "eleven_turbo_v2_5",
        "eleven_flash_v2_5",
        "eleven_monolingual_v1",
        "eleven_v3",
    )
    api_keys: tuple[str, ...] = ()
    character_limit: PositiveInt = 1_000_000
    piper_voices: Annotated[tuple[str, ...], Field(min_length=1)] = ("en_US-lessac-medium", "de_DE-thorsten-medium")
