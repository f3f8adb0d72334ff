"""A session whose visitor vanishes stays counted for ever."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from promdrill_examples.digital_actors.stage import Stage
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

METRIC = "digital_actors_active_sessions"


def apply() -> None:
    """Break it."""

    @instead_of(Stage, "session")
    @contextmanager
    def session(_: Callable[..., object], stage: Stage) -> Iterator[None]:
        stage.count(1)
        yield
        stage.count(-1)
