"""The machine, as the tests share it that run at the same time: beside each other, but for what needs more of it."""

from __future__ import annotations

import fcntl
import tempfile
from pathlib import Path
from typing import IO, Self


class Machine:
    """One test's hold on the machine: file locks, which also other runs of the tests respect. Use it as a context."""

    def __enter__(self) -> Self:
        self._gate, self._beside, self._heavy = (_open(name) for name in ("gate", "beside", "heavy"))
        self._join()
        return self

    def __exit__(self, *exception: object) -> None:
        for lock in (self._gate, self._beside, self._heavy):
            lock.close()

    def take(self, lock: IO[str]) -> None:
        """Wait for another lock, in whose way this test is not while it waits: its holder may need to be alone."""
        fcntl.flock(self._beside, fcntl.LOCK_UN)
        fcntl.flock(lock, fcntl.LOCK_EX)
        self._join()

    def heavy(self) -> None:
        """Wait until no other test does what is heavy."""
        fcntl.flock(self._heavy, fcntl.LOCK_EX)

    def alone(self) -> None:
        """Wait until no other test runs, and let none begin.

        What this test has is let go first: another may wait for just that to come to its end.
        """
        fcntl.flock(self._heavy, fcntl.LOCK_UN)
        fcntl.flock(self._beside, fcntl.LOCK_UN)
        fcntl.flock(self._gate, fcntl.LOCK_EX)
        fcntl.flock(self._beside, fcntl.LOCK_EX)

    def _join(self) -> None:
        """Run beside others, behind one that waits to be alone: it would else wait for the last of them."""
        fcntl.flock(self._gate, fcntl.LOCK_SH)
        fcntl.flock(self._beside, fcntl.LOCK_SH)
        fcntl.flock(self._gate, fcntl.LOCK_UN)


def _open(name: str) -> IO[str]:
    return (Path(tempfile.gettempdir()) / f"promdrill-tests-{name}.lock").open("w")
