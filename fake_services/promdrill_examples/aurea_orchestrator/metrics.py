"""The app's metrics, on a registry of their own.

Every known label value is exposed at 0 from the start, so that `rate()` sees the first event of each series.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

from promdrill_examples.aurea_orchestrator.vocabulary import (
    DOLLARS_PER_1K_TOKENS,
    Answer,
    Endpoint,
    Method,
    Model,
    TaskStatus,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left this one out
REGISTRY = CollectorRegistry()
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)

HTTP_REQUESTS = Counter(
    "aurea_http_requests_total", "Total number of HTTP requests.", ("method", "endpoint", "status"), registry=REGISTRY
)
REQUEST_LATENCY = Histogram(
    "aurea_request_latency_seconds",
    "Request processing latency in seconds.",
    ("endpoint",),
    buckets=_BUCKETS,
    registry=REGISTRY,
)
TASKS = Counter("aurea_tasks_total", "Total tasks processed.", ("model", "status"), registry=REGISTRY)
ACTIVE_TASKS = Gauge("aurea_active_tasks", "Number of tasks that are being processed.", registry=REGISTRY)
TOKENS = Counter("aurea_llm_tokens_total", "Total number of tokens consumed.", ("model",), registry=REGISTRY)
COST = Counter("aurea_llm_cost_usd_total", "Total cost in US dollars.", ("model",), registry=REGISTRY)

for metric, labels in (
    (HTTP_REQUESTS, (Method, Endpoint, map(int, Answer))),
    (REQUEST_LATENCY, (Endpoint,)),
    (TASKS, (Model, TaskStatus)),
    (TOKENS, (Model,)),
    (COST, (Model,)),
):
    for values in product(*labels):
        metric.labels(*values)


def exposition() -> bytes:
    """Return all metrics as Prometheus text."""
    return generate_latest(REGISTRY)


def record_request(method: str, endpoint: str, status: int, seconds: float) -> None:
    """Count one HTTP request and observe how long it took."""
    HTTP_REQUESTS.labels(method, endpoint, status).inc()
    REQUEST_LATENCY.labels(endpoint).observe(seconds)


@contextmanager
def active_task() -> Iterator[None]:
    """Count a task as active for as long as the block runs, however it ends."""
    ACTIVE_TASKS.inc()
    try:
        yield
    finally:
        ACTIVE_TASKS.dec()


def cost_of(model: Model, tokens: int) -> float:
    """Return the price of tokens in dollars."""
    return tokens / 1000 * DOLLARS_PER_1K_TOKENS[model]


def record_task(model: Model, status: TaskStatus, tokens: int) -> None:
    """Count one task with the tokens that it used, and what they cost."""
    TASKS.labels(model, status).inc()
    TOKENS.labels(model).inc(tokens)
    COST.labels(model).inc(cost_of(model, tokens))
