"""HELP and TYPE of one metric are missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "storage_get_total"


def apply() -> None:
    """Break it."""

    @instead_of(metrics, "exposition")
    def exposition(original: Callable[[], bytes]) -> bytes:
        return re.sub(rb"# (HELP|TYPE) storage_get_total .*\n", b"", original())
