"""What the tests of containers share: whether there is an engine to try them on, and what is left in it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from harness.conventions import RUN_LABEL
from harness.stack import engine

if TYPE_CHECKING:
    import docker


@cache
def _client() -> docker.DockerClient | str:
    try:
        return engine.connect()
    except engine.EngineNotFoundError as error:
        return str(error).splitlines()[0]


def client() -> docker.DockerClient:
    """Return a client of the engine; skip the test where none answers."""
    found = _client()
    if isinstance(found, str):
        pytest.skip(found)
    return found


def left(run: str | None = None) -> list[str]:
    """Return the containers and networks of a run, or of any run of promdrill, that are still there."""
    filters: engine.Filters = {"label": f"{RUN_LABEL}={run}" if run else RUN_LABEL}
    return [
        *(str(one.name) for one in client().containers.list(all=True, ignore_removed=True, filters=filters)),
        *(str(one.name) for one in client().networks.list(filters=filters)),
    ]
