"""Audio of a stated length in the formats that TTS providers send; every decoder reads it.

It is a quiet tone of a few hundred hertz, the same for every text, save that Opus is silent.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass
from functools import cache
from math import pi, sin
from typing import Literal

from promdrill_fakes.tts.mp3 import mp3
from promdrill_fakes.tts.opus import opus

_RATES = (8000, 16000, 22050, 24000, 32000, 44100, 48000)
_TONE_HZ = 400
_AMPLITUDE = 4000
_ULAW_BIAS = 132
STREAMED_FORMATS = frozenset(
    {"mp3_22050_32", "mp3_24000_48", *(f"mp3_44100_{kbps}" for kbps in (32, 64, 96, 128, 192))}
    | {f"opus_48000_{kbps}" for kbps in (32, 64, 96, 128, 192)}
    | {f"pcm_{rate}" for rate in _RATES}
    | {"ulaw_8000", "alaw_8000"}
)
"""The output formats of ElevenLabs for streams."""
FORMATS = STREAMED_FORMATS | {f"wav_{rate}" for rate in _RATES}
"""All output formats of ElevenLabs."""


@dataclass(frozen=True, slots=True)
class Audio:
    """Encoded audio, its MIME type, and how many seconds of speech it stands for."""

    data: bytes
    mime: str
    seconds: float


def speech(output_format: str, seconds: float) -> Audio:
    """Return so many seconds in one of `FORMATS`, to a sample; MP3 is rounded up to a whole frame."""
    kind, rate, *rest = output_format.split("_")
    samples = round(seconds * int(rate))
    match kind:
        case "mp3":
            return Audio(mp3(int(rate), int(rest[0]), seconds), "audio/mpeg", seconds)
        case "opus":
            return Audio(opus(int(rest[0]), seconds), "audio/ogg", seconds)
        case "wav":
            return Audio(wav(int(rate), samples), "audio/wav", seconds)
        case "ulaw":
            return Audio(_repeat(_compand("ulaw"), samples), "audio/basic", seconds)
        case "alaw":
            return Audio(_repeat(_compand("alaw"), samples), "audio/x-alaw-basic", seconds)
    return Audio(_repeat(_period(int(rate)), 2 * samples), "audio/pcm", seconds)


def wav(rate: int, samples: int) -> bytes:
    """Return one channel of 16-bit PCM with a RIFF header."""
    size = 2 * samples
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    head = struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", size)
    return head + _repeat(_period(rate), size)


def _repeat(period: bytes, size: int) -> bytes:
    return (period * (size // len(period) + 1))[:size]


@cache
def _wave(rate: int) -> tuple[int, ...]:
    """Return one period of the tone, in whole samples."""
    samples = rate // _TONE_HZ
    return tuple(round(_AMPLITUDE * sin(2 * pi * sample / samples)) for sample in range(samples))


@cache
def _period(rate: int) -> bytes:
    return struct.pack(f"<{len(_wave(rate))}h", *_wave(rate))


@cache
def _compand(law: Literal["ulaw", "alaw"]) -> bytes:
    """Return one period at 8 kHz as G.711 codes it."""
    return array("B", map({"ulaw": _ulaw, "alaw": _alaw}[law], _wave(8000))).tobytes()


def _ulaw(sample: int) -> int:
    size = abs(sample) + _ULAW_BIAS
    exponent = size.bit_length() - 8
    return ~((0x80 if sample < 0 else 0) | exponent << 4 | size >> exponent + 3 & 0xF) & 0xFF


def _alaw(sample: int) -> int:
    size = abs(sample) - (sample < 0)
    exponent = max(0, size.bit_length() - 8)
    return ((0 if sample < 0 else 0x80) | exponent << 4 | size >> max(exponent, 1) + 3 & 0xF) ^ 0x55
