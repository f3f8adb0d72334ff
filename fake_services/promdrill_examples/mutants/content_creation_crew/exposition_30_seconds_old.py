"""The endpoint serves a copy that is up to 30 s old."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "llm_calls_total"
_KEPT_SECONDS = 30


def apply() -> None:
    """Break it."""
    copy, taken = b"", float("-inf")

    @instead_of(metrics, "exposition")
    def exposition(original: Callable[[], bytes]) -> bytes:
        nonlocal copy, taken
        if time.monotonic() - taken > _KEPT_SECONDS:
            copy, taken = original(), time.monotonic()
        return copy
