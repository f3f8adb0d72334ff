"""What a visitor is told when a message cannot be answered."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill_examples.digital_actors.vocabulary import ErrorType


class DialogueError(Exception):
    """A message has no answer; `type` says why."""

    def __init__(self, error_type: ErrorType, message: str) -> None:
        super().__init__(message)
        self.type = error_type


@contextmanager
def failing_as(error_type: ErrorType) -> Iterator[None]:
    """Turn whatever a client library raises in the block into a `DialogueError` of that type.

    The libraries let through errors of the layers below them, so no list of types is complete.
    """
    try:
        yield
    except Exception as error:
        raise DialogueError(error_type, f"{type(error).__name__}: {error}") from error
