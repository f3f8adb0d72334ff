"""One series is exposed twice, with two values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "tts_jobs_total"


def apply() -> None:
    """Break it."""

    @instead_of(metrics, "exposition")
    def exposition(original: Callable[[], bytes]) -> bytes:
        return re.sub(rb"(tts_jobs_total{.*}) .*\n", rb"\g<0>\1 1.0\n", original(), count=1)
