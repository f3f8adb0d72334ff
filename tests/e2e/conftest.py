"""What the end-to-end tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.command import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def promdrill(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Give a way to start promdrill in an empty folder, and end what a failed test left running."""
    started: list[Command] = []

    def start(*arguments: str, **environment: str) -> Command:
        started.append(Command(list(arguments), tmp_path, environment))
        return started[-1]

    yield start
    for command in started:
        command.kill()
