"""What the tests of containers share: whether there is an engine to try them on, and what is left in it."""

from __future__ import annotations

import gc
import warnings
from functools import cache
from typing import TYPE_CHECKING

import pytest

from promdrill.conventions import RUN_LABEL
from promdrill.stack import engine

if TYPE_CHECKING:
    import docker


@cache
def _client() -> docker.DockerClient | str:
    # Where nothing answers, docker's client leaves its socket to the garbage collector, which would tell of it in the
    # middle of another test.
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        try:
            return engine.connect()
        except engine.EngineNotFoundError as error:
            reason = str(error).splitlines()[0]
        gc.collect()
    return reason


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
