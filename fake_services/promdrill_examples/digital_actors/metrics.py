"""The app's metrics and the helpers that record them, on a registry of their own.

Durations are in seconds, of what failed too. Every combination of known label values is exposed at 0 from the start.
The helpers that measure a block are context managers; `now` tells seconds, and what the block raises goes on its way.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

from promdrill_examples.digital_actors.vocabulary import (
    Character,
    ErrorType,
    Model,
    Operation,
    Provider,
    Scene,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left this one out
REGISTRY = CollectorRegistry()
_CALLS = (0.1, 0.5, 1, 2, 5, 10, 30, 60)

REQUESTS = Counter(
    "digital_actors_requests_total",
    "Messages that were answered.",
    ("scene", "character", "status"),
    registry=REGISTRY,
)
ERRORS = Counter("digital_actors_errors_total", "Messages that failed.", ("error_type",), registry=REGISTRY)
RESPONSE_TIME = Histogram(
    "digital_actors_response_time_seconds",
    "From a message to its answer, in seconds.",
    ("scene", "character"),
    buckets=_CALLS,
    registry=REGISTRY,
)
LLM_LATENCY = Histogram(
    "digital_actors_llm_latency_seconds",
    "Duration of LLM calls in seconds.",
    ("provider", "model"),
    buckets=_CALLS,
    registry=REGISTRY,
)
TTS_LATENCY = Histogram(
    "digital_actors_tts_latency_seconds",
    "Duration of speech syntheses in seconds.",
    buckets=(0.1, 0.5, 1, 2, 5, 10),
    registry=REGISTRY,
)
DB_QUERY_TIME = Histogram(
    "digital_actors_db_query_time_seconds",
    "Duration of database queries in seconds, waiting for their turn included.",
    ("operation",),
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
    registry=REGISTRY,
)
ACTIVE_SESSIONS = Gauge("digital_actors_active_sessions", "WebSocket connections that are open.", registry=REGISTRY)

for metric, labels in (
    (REQUESTS, (Scene, Character, Status)),
    (ERRORS, (ErrorType,)),
    (RESPONSE_TIME, (Scene, Character)),
    (LLM_LATENCY, (Provider, Model)),
    (DB_QUERY_TIME, (Operation,)),
):
    for values in product(*labels):
        metric.labels(*values)


def exposition() -> bytes:
    """Return all metrics as Prometheus text."""
    return generate_latest(REGISTRY)


@contextmanager
def track_request(scene: str, character: str, now: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Count the block as one request, failed if it raises, and observe its duration."""
    start, status = now(), Status.ERROR
    try:
        yield
        status = Status.SUCCESS
    finally:
        REQUESTS.labels(scene, character, status).inc()
        RESPONSE_TIME.labels(scene, character).observe(now() - start)


@contextmanager
def track_llm_call(provider: str, model: str, now: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Observe the duration of the block as one LLM call."""
    start = now()
    try:
        yield
    finally:
        LLM_LATENCY.labels(provider, model).observe(now() - start)


@contextmanager
def track_tts_call(now: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Observe the duration of the block as one speech synthesis."""
    start = now()
    try:
        yield
    finally:
        TTS_LATENCY.observe(now() - start)


@contextmanager
def track_db_query(operation: str, now: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Observe the duration of the block as one database query."""
    start = now()
    try:
        yield
    finally:
        DB_QUERY_TIME.labels(operation).observe(now() - start)


def track_error(error_type: str) -> None:
    """Count one request that failed."""
    ERRORS.labels(error_type).inc()


def update_active_sessions(count: int) -> None:
    """Say how many sessions are open now."""
    ACTIVE_SESSIONS.set(count)
