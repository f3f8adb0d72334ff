"""The count of clean-up runs is absent until the first run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "retention_cleanup_runs_total"


def apply() -> None:
    """Break it."""

    @instead_of(metrics, "exposition")
    def exposition(original: Callable[[], bytes]) -> bytes:
        return re.sub(rb"(# .* retention_cleanup_runs_total .*\n)*retention_cleanup_runs_total 0.0\n", b"", original())
