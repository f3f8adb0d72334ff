"""The bytes of objects: small ones in memory, large ones in a file that has no name."""

from __future__ import annotations

import os
import tempfile
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BLOCK = 1024 * 1024
"""Bytes of a block of the file. What is smaller stays in memory."""


class Spill:
    """A file without a name, in blocks: the system takes it away with the process, however that ends.

    It is in the folder that TMPDIR names. Blocks that nothing refers to are written again.
    """

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            self._descriptor = os.dup(file.fileno())  # as long as the process: blocks outlive files at its end
        self._free: list[int] = []
        self._blocks = 0
        # Uploads store in threads. One that takes a number can meet the collector, which frees in the same thread.
        self._numbers = threading.RLock()

    def store(self, data: bytes | memoryview) -> int:
        """Write up to one block and return its number; raises OSError where the disk is full."""
        with self._numbers:
            number = self._free.pop() if self._free else self._blocks
            self._blocks = max(self._blocks, number + 1)
        written = 0
        while written < len(data):
            written += os.pwrite(self._descriptor, data[written:], number * BLOCK + written)
        return number

    def load(self, number: int, start: int, stop: int) -> bytes:
        """Return these bytes of a block."""
        return os.pread(self._descriptor, stop - start, number * BLOCK + start)

    def free(self, number: int) -> None:
        """Let a block be written again; with the last one the file is empty again."""
        with self._numbers:
            self._free.append(number)
            if len(self._free) == self._blocks:
                self._free.clear()
                self._blocks = 0
                os.ftruncate(self._descriptor, 0)


class Block:
    """Bytes in the file, sliced like bytes, and free again once nothing refers to them."""

    def __init__(self, spill: Spill, data: bytes | memoryview) -> None:
        self._size = len(data)
        self._spill = spill
        self._number = spill.store(data)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._size)
        return self._spill.load(self._number, start, stop)

    def __del__(self) -> None:
        if hasattr(self, "_number"):  # a full disk leaves a block without one
            self._spill.free(self._number)


Segment = bytes | Block


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that never change, as segments that other blobs may share."""

    segments: tuple[Segment, ...] = ()

    def __len__(self) -> int:
        return sum(len(segment) for segment in self.segments)

    def part(self, start: int, stop: int) -> Iterator[tuple[Segment, slice]]:
        """Yield the segments that hold these bytes, and which bytes of each."""
        begin = 0
        for segment in self.segments:
            end = begin + len(segment)
            if start < end and begin < stop:
                yield segment, slice(max(start - begin, 0), min(stop - begin, len(segment)))
            begin = end

    def read(self) -> bytes:
        """Return all of it at once."""
        return b"".join(segment[:] for segment in self.segments)


def join(blobs: Iterable[Blob]) -> Blob:
    """Return what blobs make one after the other; nothing is copied."""
    return Blob(tuple(segment for blob in blobs for segment in blob.segments))
