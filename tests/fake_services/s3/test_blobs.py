from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pytest

from promdrill_fakes.s3.blobs import Block, Spill

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads that take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("eager_threads")
def test_blocks_of_threads_are_apart() -> None:
    """Uploads that are stored at once never get the same block, and each gives back what was stored."""
    texts = [str(number).encode() for number in range(6000)]
    spill = Spill()
    with ThreadPoolExecutor(8) as pool:
        blocks = list(pool.map(partial(Block, spill), texts))
    assert [block[:] for block in blocks] == texts


def test_blocks_are_written_again() -> None:
    """A block that nothing refers to is the next one's, and what others hold stays."""
    spill = Spill()
    first, second = Block(spill, b"first"), Block(spill, b"second")
    assert first[1:3] == b"ir"
    del first
    third = Block(spill, b"third")
    assert (spill.store(b"fourth"), second[:], third[:]) == (2, b"second", b"third")
