"""The prompt of a job whose model does not answer is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from promdrill_examples.ai_shorts.failures import OperationError
from promdrill_examples.ai_shorts.writing import Writer
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

METRIC = "no sensitive data"


def apply() -> None:
    """Break it."""

    @instead_of(Writer, "write")
    async def write(original: Callable[..., Awaitable[str]], self: Writer, model: str, prompt: str) -> str:
        try:
            return await original(self, model, prompt)
        except OperationError:
            structlog.get_logger(name="ai_shorts.writing").error("No answer", prompt=prompt)
            raise
