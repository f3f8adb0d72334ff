"""What can be set of the fake TTS providers."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from promdrill_fakes.settings import Settings


class TtsSettings(Settings):
    """Voices, keys, limits, and how fast they speak.

    `characters_per_second` decides how long the audio is, `real_time_factor` how many seconds it takes to make a second
    of it, `bytes_per_second` how fast it is sent. `voices` maps the ids of ElevenLabs to names; `piper_voices` are
    names, the first is the default, and `piper_speakers` names the speakers of those that have several; with no
    `api_keys` every key is good. `max_concurrent` and `max_queued` are ElevenLabs' limits on speech requests.
    """

    characters_per_second: PositiveFloat = 15.0
    real_time_factor: NonNegativeFloat = 0.0
    bytes_per_second: PositiveFloat | None = None
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
    max_concurrent: PositiveInt | None = None
    max_queued: NonNegativeInt = 10
    piper_voices: Annotated[tuple[str, ...], Field(min_length=1)] = ("en_US-lessac-medium", "de_DE-thorsten-medium")
    piper_speakers: dict[str, Annotated[tuple[str, ...], Field(min_length=2)]] = Field(default_factory=dict)
    piper_paths: Annotated[tuple[Literal["/synthesize", "/"], ...], Field(min_length=1)] = ("/synthesize", "/")

    @model_validator(mode="after")
    def _check_voices(self) -> Self:
        if strangers := set(self.piper_speakers) - set(self.piper_voices):
            raise ValueError(f"piper_speakers names {', '.join(sorted(strangers))}, not one of piper_voices")
        return self
