"""The machine, as the tests share it that run at the same time: beside each other, but for what needs more of it."""

from __future__ import annotations

import fcntl
import tempfile
from pathlib import Path
from typing import IO, Self


class Machine:
    """One test's hold on the machine: file locks, which also other runs of the tests respect. Use it as a context."""

    def __enter__(self) -> Self:
        folder = Path(tempfile.gettempdir())
        self._beside = (folder / "promdrill-tests.lock").open("w")
        self._heavy = (folder / "promdrill-tests-heavy.lock").open("w")
        fcntl.flock(self._beside, fcntl.LOCK_SH)
        return self

    def __exit__(self, *exception: object) -> None:
        self._beside.close()
        self._heavy.close()

    def take(self, lock: IO[str]) -> None:
        """Wait for another lock, in whose way this test is not while it waits: its holder may need to be alone."""
        fcntl.flock(self._beside, fcntl.LOCK_UN)
        fcntl.flock(lock, fcntl.LOCK_EX)
        fcntl.flock(self._beside, fcntl.LOCK_SH)

    def heavy(self) -> None:
        """Wait until no other test does what is heavy."""
        fcntl.flock(self._heavy, fcntl.LOCK_EX)

    def alone(self) -> None:
        """Wait until no other test runs, and let none begin.

        A heavy one that waits for this one's end has to come first: it would wait for ever.
        """
        fcntl.flock(self._heavy, fcntl.LOCK_UN)
        fcntl.flock(self._beside, fcntl.LOCK_EX)
