"""Free loopback ports that stay ours: no other run takes one between the choice and the bind."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

from promdrill.conventions import LOOPBACK
from promdrill.errors import StackError

# Below the kernel's range for outgoing connections, so that no client's socket lands on a port that we chose.
FIRST, LAST = 12_000, 32_000
ATTEMPTS = 200


class Ports:
    """Hands out ports; each is locked in a shared folder until `release`, or until this process ends in any way."""

    def __init__(self) -> None:
        self._locks: dict[Path, int] = {}
        self._folder = Path(tempfile.gettempdir()) / f"promdrill-ports-{os.getuid()}"
        self._folder.mkdir(exist_ok=True)

    def take(self) -> int:
        """Return a port on which nothing listens and which no other run has taken.

        Raises:
            StackError: none was free after many tries.
        """
        for _ in range(ATTEMPTS):
            port = random.randint(FIRST, LAST)  # noqa: S311 - not a secret
            path = self._folder / str(port)
            lock = _lock(path)
            if lock is None:
                continue
            if is_free(port):
                self._locks[path] = lock
                return port
            _unlock(path, lock)
        raise StackError(f"no free port on {LOOPBACK} between {FIRST} and {LAST} after {ATTEMPTS} tries")

    def release(self) -> None:
        """Give all ports back."""
        while self._locks:
            _unlock(*self._locks.popitem())


def _lock(path: Path) -> int | None:
    """Return the descriptor of a lock file that is now ours, or None where it is another's."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # One that was given back between the open and the lock is no longer the file that others see.
        if os.path.samestat(os.fstat(lock), path.stat()):
            return lock
    except OSError:
        pass
    os.close(lock)
    return None


def _unlock(path: Path, lock: int) -> None:
    # In this order: whoever holds the lock is the only one that may remove the file.
    path.unlink(missing_ok=True)
    os.close(lock)


def is_free(port: int) -> bool:
    """Tell whether nothing is bound to a loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
