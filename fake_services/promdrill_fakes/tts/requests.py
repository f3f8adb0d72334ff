"""What can be asked of ElevenLabs: bodies and queries, read as leniently and refused as strictly as it does."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads it
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

DEFAULT_MODEL = "eleven_multilingual_v2"
MAX_PAGE = 100
_Identifiers = Annotated[list[str], Field(max_length=3)]


class VoiceSettings(BaseModel):
    """How the voice speaks; only `speed` changes the audio. `BOUNDS` are held by the provider, not by the schema."""

    stability: float | None = None
    similarity_boost: float | None = None
    style: float | None = None
    use_speaker_boost: bool | None = None
    speed: float | None = None

    def stray(self) -> tuple[str, float, float, float] | None:
        """Return the first setting that is out of bounds: its name, the bounds, its value."""
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                return name, low, high, value
        return None


BOUNDS = {"stability": (0.0, 1.0), "similarity_boost": (0.0, 1.0), "style": (0.0, 1.0), "speed": (0.7, 1.2)}


class SpeechBody(BaseModel):
    """The body of a speech request. What does not change the audio is checked and otherwise ignored."""

    text: str
    model_id: str = DEFAULT_MODEL
    language_code: str | None = None
    voice_settings: VoiceSettings | None = None
    pronunciation_dictionary_locators: Annotated[list[dict[str, Any]], Field(max_length=3)] | None = None
    seed: Annotated[int, Field(ge=0, le=4_294_967_295)] | None = None
    previous_text: str | None = None
    next_text: str | None = None
    previous_request_ids: _Identifiers | None = None
    next_request_ids: _Identifiers | None = None
    use_pvc_as_ivc: bool | None = None
    apply_text_normalization: Literal["auto", "on", "off"] = "auto"
    apply_language_text_normalization: bool | None = None

    @property
    def speed(self) -> float:
        """How much faster than usual to speak."""
        return (self.voice_settings and self.voice_settings.speed) or 1.0

    @property
    def normalizes(self) -> bool:
        """Whether what is spoken may differ from what is written."""
        return self.apply_text_normalization != "off"


class SpeechQuery(BaseModel):
    """The query of a speech request."""

    output_format: str = "mp3_44100_128"
    enable_logging: bool = True
    optimize_streaming_latency: Annotated[int, Field(ge=0, le=4)] | None = None


class VoicesQuery(BaseModel):
    """The query of a search for voices."""

    page_size: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 10
    next_page_token: Annotated[str, Field(pattern=r"^[0-9]{1,9}$")] = "0"  # noqa: S105 - a place in a list
    search: str = ""
    sort: Literal["created_at_unix", "name"] | None = None
    sort_direction: Literal["asc", "desc"] = "asc"
    include_total_count: bool = True
    voice_ids: Annotated[list[str], Field(max_length=100)] | None = None
    category: str | None = None
    voice_type: str | None = None
    gender: str | None = None
    age: str | None = None
    accent: str | None = None
    language: list[str] | None = None
    use_cases: list[str] | None = None


def query(pairs: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return a query's values by name: those of `VoicesQuery` that may come several times as lists."""
    several = {"voice_ids", "language", "use_cases"}
    return {name: values if name in several else values[-1] for name, values in pairs.items()}
