"""What a client is told when something fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.ai_shorts.vocabulary import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Mapping

STATUS: Mapping[ErrorCode, int] = {
    ErrorCode.LLM: 502,
    ErrorCode.DATABASE: 503,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.INVALID_REQUEST: 422,
}


class OperationError(Exception):
    """An operation failed; `code` says which kind of failure it was. The message holds nothing that a user sent."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
