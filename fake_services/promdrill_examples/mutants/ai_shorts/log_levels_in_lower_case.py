"""Levels are logged in lower case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promdrill_examples.ai_shorts import logs
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "levels"


def apply() -> None:
    """Break it."""

    @instead_of(logs, "complete")
    def complete(original: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
        line = original(*arguments)
        return {**line, "level": line["level"].lower()}
