"""A log line has only the fields that have a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promdrill_examples.ai_shorts import logs
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "JSON line fields"


def apply() -> None:
    """Break it."""

    @instead_of(logs, "complete")
    def complete(original: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
        return {name: value for name, value in original(*arguments).items() if value is not None}
