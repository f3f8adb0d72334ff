"""The app's metrics and the helper classes that record them, on a registry of their own.

Calls count attempts, failed ones too. Bytes count what was really stored, read or freed. Durations are in seconds, of
failed operations too. Every known label value is exposed at 0 from the start.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING, TypeVar

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest

from promdrill_examples.content_creation_crew.vocabulary import (
    ArtifactType,
    Model,
    Operation,
    Plan,
    Provider,
    Renderer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from enum import StrEnum

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left this one out
REGISTRY = CollectorRegistry()
_Metric = TypeVar("_Metric", Counter, Histogram)
_SUBSECOND = (0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0)


def _counter(name: str, documentation: str, **labels: type[StrEnum]) -> Counter:
    return _at_zero(Counter(name, documentation, tuple(labels), registry=REGISTRY), labels)


def _histogram(name: str, documentation: str, slow: tuple[float, ...], **labels: type[StrEnum]) -> Histogram:
    buckets = (*_SUBSECOND, *slow)
    return _at_zero(Histogram(name, documentation, tuple(labels), buckets=buckets, registry=REGISTRY), labels)


def _at_zero(metric: _Metric, labels: dict[str, type[StrEnum]]) -> _Metric:
    for values in product(*labels.values()) if labels else ():
        metric.labels(*values)
    return metric


LLM_CALLS = _counter("llm_calls_total", "LLM calls, failed ones included.", model=Model)
LLM_FAILURES = _counter("llm_failures_total", "LLM calls that failed.", model=Model)
LLM_SECONDS = _histogram(
    "llm_call_seconds", "Duration of LLM calls in seconds.", (2, 3, 5, 10, 20, 30, 45, 60, 90, 120), model=Model
)

STORAGE_PUTS = _counter("storage_put_total", "Storage puts, failed ones included.", artifact_type=ArtifactType)
STORAGE_GETS = _counter("storage_get_total", "Storage gets, failed ones included.", artifact_type=ArtifactType)
STORAGE_DELETES = _counter("storage_delete_total", "Storage deletes, failed ones included.", artifact_type=ArtifactType)
STORAGE_BYTES_WRITTEN = _counter("storage_bytes_written_total", "Bytes stored.", artifact_type=ArtifactType)
STORAGE_BYTES_READ = _counter("storage_bytes_read_total", "Bytes read.", artifact_type=ArtifactType)
STORAGE_BYTES_DELETED = _counter("storage_bytes_deleted_total", "Bytes freed by deletes.", artifact_type=ArtifactType)
STORAGE_FAILURES = _counter(
    "storage_failures_total", "Storage operations that failed.", artifact_type=ArtifactType, operation=Operation
)

VIDEO_RENDERS = _counter("video_renders_total", "Video renders, failed ones included.", renderer=Renderer)
VIDEO_FAILURES = _counter("video_render_failures_total", "Video renders that failed.", renderer=Renderer)
VIDEO_SECONDS = _histogram(
    "video_render_seconds",
    "Duration of video renders in seconds.",
    (2.5, 5, 10, 20, 30, 60, 120, 180, 240, 300, 450, 600),
    renderer=Renderer,
)

TTS_JOBS = _counter("tts_jobs_total", "Speech syntheses, failed ones included.", provider=Provider)
TTS_FAILURES = _counter("tts_failures_total", "Speech syntheses that failed.", provider=Provider)
TTS_SECONDS = _histogram(
    "tts_seconds", "Duration of speech syntheses in seconds.", (2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60), provider=Provider
)
TTS_CHARACTERS = _counter("tts_characters_total", "Characters synthesized, as sent to the provider.", provider=Provider)

RETENTION_DELETES = _counter("retention_deletes_total", "Items that the clean-up deleted.", plan=Plan)
RETENTION_BYTES_FREED = _counter("retention_bytes_freed_total", "Bytes that the clean-up freed.", plan=Plan)
CLEANUP_RUNS = _counter("retention_cleanup_runs_total", "Clean-up runs, failed ones included.")
CLEANUP_ITEMS = _counter("retention_cleanup_items_total", "Items deleted by all clean-up runs.")
CLEANUP_BYTES = _counter("retention_cleanup_bytes_total", "Bytes freed by all clean-up runs.")
CLEANUP_SECONDS = _histogram(
    "retention_cleanup_seconds", "Duration of clean-up runs in seconds.", (2.5, 5, 10, 30, 60, 120)
)


def exposition() -> bytes:
    """Return all metrics as Prometheus text."""
    return generate_latest(REGISTRY)


class LLMMetrics:
    """What calls to language models cost."""

    @staticmethod
    def record_call(model: str, duration: float, *, success: bool = True) -> None:
        """Count one call and observe its duration in seconds."""
        LLM_CALLS.labels(model).inc()
        if not success:
            LLM_FAILURES.labels(model).inc()
        LLM_SECONDS.labels(model).observe(duration)

    @classmethod
    @contextmanager
    def timer(cls, model: str, now: Callable[[], float] = time.monotonic) -> Iterator[None]:
        """Record the block as one call, failed if it raises; `now` tells seconds."""
        start, success = now(), False
        try:
            yield
            success = True
        finally:
            cls.record_call(model, now() - start, success=success)


class StorageMetrics:
    """What was asked of the storage. A size is in bytes, and counts only if the operation succeeded."""

    @staticmethod
    def record_put(artifact_type: str, size: int, *, success: bool = True) -> None:
        """Count one put."""
        STORAGE_PUTS.labels(artifact_type).inc()
        if success:
            STORAGE_BYTES_WRITTEN.labels(artifact_type).inc(size)
        else:
            STORAGE_FAILURES.labels(artifact_type, Operation.PUT).inc()

    @staticmethod
    def record_get(artifact_type: str, size: int = 0, *, success: bool = True) -> None:
        """Count one get."""
        STORAGE_GETS.labels(artifact_type).inc()
        if success:
            STORAGE_BYTES_READ.labels(artifact_type).inc(size)
        else:
            STORAGE_FAILURES.labels(artifact_type, Operation.GET).inc()

    @staticmethod
    def record_delete(artifact_type: str, size: int = 0, *, success: bool = True) -> None:
        """Count one delete of one object."""
        STORAGE_DELETES.labels(artifact_type).inc()
        if success:
            STORAGE_BYTES_DELETED.labels(artifact_type).inc(size)
        else:
            STORAGE_FAILURES.labels(artifact_type, Operation.DELETE).inc()


class VideoMetrics:
    """What rendering costs."""

    @staticmethod
    def record_render(renderer: str, duration: float, *, success: bool = True) -> None:
        """Count one render and observe its duration in seconds."""
        VIDEO_RENDERS.labels(renderer).inc()
        if not success:
            VIDEO_FAILURES.labels(renderer).inc()
        VIDEO_SECONDS.labels(renderer).observe(duration)


class TTSMetrics:
    """What speech synthesis costs."""

    @staticmethod
    def record_synthesis(provider: str, duration: float, *, success: bool = True, characters: int = 0) -> None:
        """Count one synthesis, observe its duration in seconds, and count its characters if it succeeded."""
        TTS_JOBS.labels(provider).inc()
        if success:
            TTS_CHARACTERS.labels(provider).inc(characters)
        else:
            TTS_FAILURES.labels(provider).inc()
        TTS_SECONDS.labels(provider).observe(duration)


class RetentionMetrics:
    """What the clean-up job did."""

    @staticmethod
    def record_delete(plan: str, items: int, bytes_freed: int) -> None:
        """Count the items that were deleted for one plan, and their bytes."""
        RETENTION_DELETES.labels(plan).inc(items)
        RETENTION_BYTES_FREED.labels(plan).inc(bytes_freed)

    @staticmethod
    def record_cleanup_run(duration: float, total_items: int, total_bytes: int) -> None:
        """Count one run, what it deleted, and observe its duration in seconds."""
        CLEANUP_RUNS.inc()
        CLEANUP_ITEMS.inc(total_items)
        CLEANUP_BYTES.inc(total_bytes)
        CLEANUP_SECONDS.observe(duration)
