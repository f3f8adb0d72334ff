"""Silence of a stated length in the formats that TTS providers send; every decoder reads it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import ceil
from typing import Final

_MPEG1_KBPS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MPEG2_KBPS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MPEG1_RATES = (44100, 48000, 32000)
_MPEG2_RATES = (22050, 24000, 16000)
_ULAW_SILENCE: Final = b"\xff"
_ALAW_SILENCE: Final = b"\xd5"
FORMATS = frozenset(
    {"mp3_22050_32", "mp3_24000_48", *(f"mp3_44100_{kbps}" for kbps in (32, 64, 96, 128, 192))}
    | {f"{kind}_{rate}" for kind in ("pcm", "wav") for rate in (8000, 16000, 22050, 24000, 32000, 44100, 48000)}
    | {"ulaw_8000", "alaw_8000"}
)
"""The output formats of ElevenLabs that can be made: all but Opus."""


@dataclass(frozen=True, slots=True)
class Audio:
    """Encoded audio and its MIME type."""

    data: bytes
    mime: str


def silence(output_format: str, seconds: float) -> Audio:
    """Return silence of so many seconds in one of `FORMATS`; compressed audio is rounded up to a whole frame."""
    kind, rate, *rest = output_format.split("_")
    samples = round(seconds * int(rate))
    match kind:
        case "mp3":
            return Audio(mp3(int(rate), int(rest[0]), seconds), "audio/mpeg")
        case "wav":
            return Audio(wav(int(rate), samples), "audio/wav")
        case "ulaw":
            return Audio(_ULAW_SILENCE * samples, "audio/basic")
        case "alaw":
            return Audio(_ALAW_SILENCE * samples, "audio/x-alaw-basic")
    return Audio(bytes(2 * samples), "audio/pcm")


def wav(rate: int, samples: int) -> bytes:
    """Return silence of one channel of 16-bit PCM with a RIFF header."""
    size = 2 * samples
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", size) + bytes(size)


def mp3(rate: int, kbps: int, seconds: float) -> bytes:
    """Return silence of one channel of MPEG layer III: frames whose side information says that nothing follows.

    Sample rates from 32 kHz on are MPEG-1 (1152 samples a frame), those below are MPEG-2 (576).
    """
    first = rate in _MPEG1_RATES
    rates, bitrates = (_MPEG1_RATES, _MPEG1_KBPS) if first else (_MPEG2_RATES, _MPEG2_KBPS)
    samples = 1152 if first else 576
    header = bytes([0xFF, 0xFB if first else 0xF3, bitrates.index(kbps) << 4 | rates.index(rate) << 2, 0xC0])
    frame = header.ljust(samples // 8 * kbps * 1000 // rate, b"\0")
    return frame * max(1, ceil(seconds * rate / samples))
