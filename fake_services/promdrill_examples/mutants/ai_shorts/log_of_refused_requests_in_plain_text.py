"""A request that is refused is logged as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from promdrill_examples.ai_shorts import api
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.responses import JSONResponse

METRIC = "logs/app.log"


def apply() -> None:
    """Break it."""

    @instead_of(api, "_refused")
    def refused(original: Callable[..., JSONResponse], code: str, message: str) -> JSONResponse:
        structlog.get_config()["logger_factory"]().msg(f"refused: {code}")
        return original(code, message)
