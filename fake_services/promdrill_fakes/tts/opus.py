"""Opus in Ogg without an encoder: silence of a stated length and bit rate (a tone would need the codec itself)."""

from __future__ import annotations

import struct
from math import ceil
from zlib import crc32

RATE = 48000
_FRAME_SAMPLES = 960
_PRE_SKIP = 312
_FRAMES_PER_PAGE = 50
_SILENCE = b"\xff\xfe"
"""The CELT frame that says: nothing to hear."""
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_SERIAL = 0x70726F6D
_FIRST, _LAST = 2, 4


def opus(kbps: int, seconds: float) -> bytes:
    """Return silence of one channel that decodes to just so many seconds, to a sample."""
    end = _PRE_SKIP + round(seconds * RATE)
    frames = max(1, ceil(end / _FRAME_SAMPLES))
    packet = _packet(kbps * 1000 * _FRAME_SAMPLES // RATE // 8)
    head = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, _PRE_SKIP, RATE, 0, 0)
    tags = struct.pack("<8sI9sI", b"OpusTags", 9, b"promdrill", 0)
    pages = [_page(0, 0, _FIRST, [head]), _page(1, 0, 0, [tags])]
    for start in range(0, frames, _FRAMES_PER_PAGE):
        count = min(_FRAMES_PER_PAGE, frames - start)
        last = start + count == frames
        position = end if last else (start + count) * _FRAME_SAMPLES
        pages.append(_page(len(pages), position, _LAST if last else 0, [packet] * count))
    return b"".join(pages)


def _packet(size: int) -> bytes:
    """Return one silent frame of 20 ms, full band, one channel, padded to `size` bytes (RFC 6716, 3.2.5)."""
    padding = size - 2 - len(_SILENCE)
    lengths, rest = divmod(padding - 1, 255)
    return b"\xfb\x41" + b"\xff" * lengths + bytes([rest]) + _SILENCE + bytes(padding - lengths - 1)


def _page(number: int, position: int, flags: int, packets: list[bytes]) -> bytes:
    """Return one page of Ogg (RFC 3533); its checksum is the mirror image of zlib's."""
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    head = struct.pack("<4sBBqII", b"OggS", 0, flags, position, _SERIAL, number)
    body = bytes([len(lacing)]) + lacing + b"".join(packets)
    mirrored = crc32((head + bytes(4) + body).translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return head + struct.pack("<I", int(f"{mirrored:032b}"[::-1], 2)) + body
