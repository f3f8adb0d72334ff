"""What the end-to-end tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.command import Command
from tests.e2e.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Its drill stores over 100 MB a second, which no small machine does twice at a time.
HEAVY = "content_creation_crew"
LIGHT = {"--short", "--mutant"}
# All mutants of a system at once take all cores.
MATRIX = "--run"


@pytest.fixture(autouse=True)
def machine() -> Iterator[Machine]:
    """Hold the machine, beside others."""
    with Machine() as held:
        yield held


@pytest.fixture
def promdrill(tmp_path: Path, machine: Machine) -> Iterator[Callable[..., Command]]:
    """Give a way to start promdrill in an empty folder, and end what a failed test left running.

    Of all tests on this machine, one at a time runs the heavy drill.
    """
    started: list[Command] = []

    def start(*arguments: str, **environment: str) -> Command:
        if MATRIX in arguments or (HEAVY in arguments and not LIGHT & set(arguments)):
            machine.heavy()
        started.append(Command(list(arguments), tmp_path, environment, machine=machine))
        return started[-1]

    yield start
    for command in started:
        command.kill()
