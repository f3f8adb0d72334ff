"""What the end-to-end tests share."""

from __future__ import annotations

import fcntl
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.command import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Its drill stores over 100 MB a second, which no small machine does twice at a time.
HEAVY = "content_creation_crew"
LIGHT = {"--short", "--mutant"}


@pytest.fixture
def promdrill(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Give a way to start promdrill in an empty folder, and end what a failed test left running.

    Of all tests on this machine, one at a time runs the heavy drill.
    """
    started: list[Command] = []
    with (Path(tempfile.gettempdir()) / "promdrill-tests.lock").open("w") as lock:

        def start(*arguments: str, **environment: str) -> Command:
            if HEAVY in arguments and not LIGHT & set(arguments):
                fcntl.flock(lock, fcntl.LOCK_EX)
            started.append(Command(list(arguments), tmp_path, environment))
            return started[-1]

        yield start
        for command in started:
            command.kill()
