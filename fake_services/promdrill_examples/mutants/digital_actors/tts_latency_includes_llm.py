"""The clock of the synthesis starts when the model is asked."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from promdrill_examples.digital_actors import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

METRIC = "digital_actors_tts_latency_seconds"


def apply() -> None:
    """Break it."""
    asked: ContextVar[float] = ContextVar("asked")

    @instead_of(metrics, "track_llm_call")
    @contextmanager
    def track_llm_call(
        original: Callable[..., AbstractContextManager[None]], provider: str, model: str, now: Callable[[], float]
    ) -> Iterator[None]:
        asked.set(now())
        with original(provider, model, now):
            yield

    @instead_of(metrics, "track_tts_call")
    @contextmanager
    def track_tts_call(_: Callable[..., AbstractContextManager[None]], now: Callable[[], float]) -> Iterator[None]:
        try:
            yield
        finally:
            metrics.TTS_LATENCY.observe(now() - asked.get())
