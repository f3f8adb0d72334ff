"""What a client is told when an operation fails."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BAD_GATEWAY = 502


class OperationError(Exception):
    """An operation failed: `code` says which kind, `status` is the HTTP status to answer with."""

    def __init__(self, code: str, message: str, status: int = BAD_GATEWAY) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@contextmanager
def reported_as(code: str) -> Iterator[None]:
    """Turn whatever a client library raises in the block into an `OperationError` of that code.

    The libraries let through errors of the layers below them (sockets, TLS, JSON), so no list of types is complete.
    """
    try:
        yield
    except OperationError:
        raise
    except Exception as error:
        raise OperationError(code, f"{type(error).__name__}: {error}") from error
