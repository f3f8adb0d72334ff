"""The latency of an LLM call that failed is not observed."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from promdrill_examples.digital_actors import metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

METRIC = "digital_actors_llm_latency_seconds"


def apply() -> None:
    """Break it."""

    @contextmanager
    def track_llm_call(provider: str, model: str, now: Callable[[], float] = time.monotonic) -> Iterator[None]:
        start = now()
        yield
        metrics.LLM_LATENCY.labels(provider, model).observe(now() - start)

    metrics.track_llm_call = track_llm_call
