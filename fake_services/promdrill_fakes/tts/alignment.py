"""When each character of a text is spoken, as ElevenLabs tells it."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promdrill_fakes.tts.audio import Audio

_SOUND = re.compile(r"\s+|\S")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A character, and from when to when it is spoken, in seconds."""

    character: str
    start: float
    end: float


def align(text: str, seconds: float) -> list[Spoken]:
    """Return the characters of a text; each takes the same time, and all together take so many seconds."""
    share = seconds / len(text)
    return [Spoken(letter, place * share, (place + 1) * share) for place, letter in enumerate(text)]


def normalize_space(spoken: list[Spoken]) -> list[Spoken]:
    """Return what is spoken with white space as one space between words, and none around them, each at its time."""
    text = "".join(sound.character for sound in spoken)
    first, last = len(text) - len(text.lstrip()), len(text.rstrip())
    return [
        Spoken(" " if found[0].isspace() else found[0], spoken[found.start()].start, spoken[found.end() - 1].end)
        for found in _SOUND.finditer(text, first, last)
    ]


def timed_lines(audio: Audio, text: str, pieces: Sequence[bytes], *, normalizes: bool) -> list[bytes]:
    """Return a line of JSON for each piece of audio, with what is spoken from its first byte to before the next's."""
    written = align(text, audio.seconds)
    spoken = normalize_space(written) if normalizes else written
    lines, sent, end = [], 0, 0.0
    for piece in pieces:
        sent += len(piece)
        start, end = end, audio.seconds * sent / len(audio.data) if sent < len(audio.data) else float("inf")
        line = {
            "audio_base64": base64.b64encode(piece).decode(),
            "alignment": alignment_document(sound for sound in written if start <= sound.start < end),
            "normalized_alignment": alignment_document(sound for sound in spoken if start <= sound.start < end),
        }
        lines.append(json.dumps(line).encode() + b"\n")
    return lines


def alignment_document(spoken: Iterable[Spoken]) -> dict[str, Any] | None:
    """Return an alignment as the API has it; None where nothing is spoken."""
    if not (sounds := list(spoken)):
        return None
    return {
        "characters": [sound.character for sound in sounds],
        "character_start_times_seconds": [round(sound.start, 3) for sound in sounds],
        "character_end_times_seconds": [round(sound.end, 3) for sound in sounds],
    }
