"""The helper swallows what its block raises: a message without a voice is a success."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from promdrill_examples.digital_actors import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

METRIC = "digital_actors_errors_total"


def apply() -> None:
    """Break it."""

    @instead_of(metrics, "track_tts_call")
    @contextmanager
    def track_tts_call(
        original: Callable[..., AbstractContextManager[None]], now: Callable[[], float]
    ) -> Iterator[None]:
        with suppress(Exception), original(now):
            yield
