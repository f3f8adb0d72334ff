"""MPEG layer III without an encoder: a quiet, steady tone of a stated length."""

from __future__ import annotations

from functools import cache
from math import ceil

_MPEG1_KBPS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MPEG2_KBPS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MPEG1_RATES = (44100, 48000, 32000)
_MPEG2_RATES = (22050, 24000, 16000)
_GAIN = 198
_PAIRS = 8
_SPECTRUM = "1" * (_PAIRS - 1) + "010"
"""Huffman table 1: pairs of zeros, then a pair of one and zero, and the one's sign: a single spectral line."""


def mp3(rate: int, kbps: int, seconds: float) -> bytes:
    """Return a tone of one channel and of so many seconds, rounded up to whole frames.

    There are two at least: FFmpeg believes a frame only where it sees the next.
    """
    samples = 1152 if rate in _MPEG1_RATES else 576
    return _frame(rate, kbps) * max(2, ceil(seconds * rate / samples))


@cache
def _frame(rate: int, kbps: int) -> bytes:
    """Return one frame: every other is its like, for none leans on the bits of another.

    Sample rates from 32 kHz on are MPEG-1 (two granules of 576 samples), those below are MPEG-2 (one).
    """
    first = rate in _MPEG1_RATES
    rates, bitrates = (_MPEG1_RATES, _MPEG1_KBPS) if first else (_MPEG2_RATES, _MPEG2_KBPS)
    granules = 2 if first else 1
    header = bytes([0xFF, 0xFB if first else 0xF3, bitrates.index(kbps) << 4 | rates.index(rate) << 2, 0xC0])
    scaling, flags = ("0" * 4, "000") if first else ("0" * 9, "00")
    granule = f"{len(_SPECTRUM):012b}{_PAIRS:09b}{_GAIN:08b}{scaling}0{'00001' * 3}{'0' * 7}{flags}"
    bits = "0" * (18 if first else 9) + granule * granules + _SPECTRUM * granules
    body = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    return (header + body).ljust(72 * granules * kbps * 1000 // rate, b"\0")
