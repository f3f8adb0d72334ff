"""ElevenLabs' voices: each of them, and the search for them page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill_fakes.tts.requests import VoicesQuery

_LABELS = {"accent": "american", "age": "young", "gender": "female", "language": "en", "use_case": "narration"}
_SETTINGS = {"stability": 0.5, "similarity_boost": 0.75, "style": 0.0, "use_speaker_boost": True, "speed": 1.0}
_CREATED = 1_704_067_200
_CATEGORY = "premade"


def voice(key: str, name: str, ordinal: int = 0) -> dict[str, Any]:
    """Return one voice; those that come later in the configuration are newer."""
    return {
        "voice_id": key,
        "name": name,
        "samples": None,
        "category": _CATEGORY,
        "labels": dict(_LABELS),
        "description": "A clear voice.",
        "preview_url": None,
        "available_for_tiers": [],
        "settings": dict(_SETTINGS),
        "high_quality_base_model_ids": ["eleven_multilingual_v2"],
        "verified_languages": [],
        "is_owner": False,
        "is_legacy": False,
        "is_mixed": False,
        "created_at_unix": _CREATED + ordinal,
    }


def list_voices(named: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return all voices, in the order of the configuration."""
    return [voice(key, name, ordinal) for ordinal, (key, name) in enumerate(named.items())]


def page(named: Mapping[str, str], asked: VoicesQuery) -> dict[str, Any]:
    """Return the voices that match, from where the token says, and the token of the next page if there is one."""
    found = [one for one in list_voices(named) if _matches(one, asked)]
    if (sort := asked.sort) is not None:
        found.sort(key=lambda one: one[sort], reverse=asked.sort_direction == "desc")
    start = int(asked.next_page_token)
    end = start + asked.page_size
    return {
        "voices": found[start:end],
        "has_more": end < len(found),
        "total_count": len(found) if asked.include_total_count else 0,
        "next_page_token": str(end) if end < len(found) else None,
    }


def _matches(one: Mapping[str, Any], asked: VoicesQuery) -> bool:
    labels = one["labels"]
    searched = [one["name"], one["description"], one["category"], *labels.values()]
    return (
        any(asked.search.lower() in text.lower() for text in searched)
        and (asked.voice_ids is None or one["voice_id"] in asked.voice_ids)
        and asked.category in (None, one["category"])
        and asked.voice_type in (None, "default")
        and asked.gender in (None, labels["gender"])
        and asked.age in (None, labels["age"])
        and asked.accent in (None, labels["accent"])
        and (asked.language is None or labels["language"] in asked.language)
        and (asked.use_cases is None or labels["use_case"] in asked.use_cases)
    )
