"""The app's metrics, on a registry of their own.

Every known label value is exposed at 0 from the start, so that `increase()` sees the first event of each series.
Durations are in seconds, of failed operations too.
"""

from __future__ import annotations

from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

from promdrill_examples.ai_shorts.vocabulary import (
    BatchStatus,
    CallStatus,
    ErrorCode,
    JobStatus,
    JobType,
    Model,
)

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left this one out
REGISTRY = CollectorRegistry()

LLM_REQUESTS = Counter(
    "llm_requests_total", "Calls to language models, failed ones included.", ("model", "status"), registry=REGISTRY
)
CACHE_HITS = Counter("cache_hits_total", "Look-ups that the cache answered.", registry=REGISTRY)
CACHE_MISSES = Counter("cache_misses_total", "Look-ups that the cache did not answer.", registry=REGISTRY)
JOBS_CREATED = Counter("jobs_created_total", "Jobs taken on.", ("job_type",), registry=REGISTRY)
JOBS_COMPLETED = Counter(
    "jobs_completed_total", "Jobs that ended, in success or not.", ("job_type", "status"), registry=REGISTRY
)
BATCHES_CREATED = Counter("batches_created_total", "Batches taken on.", registry=REGISTRY)
BATCHES_COMPLETED = Counter("batches_completed_total", "Batches that ended.", ("status",), registry=REGISTRY)
ERRORS = Counter("errors_total", "Jobs and requests that failed, by the code told.", ("error_code",), registry=REGISTRY)

ACTIVE_JOBS = Gauge("active_jobs", "Jobs that are under way.", registry=REGISTRY)
CACHE_ENTRIES = Gauge("cache_entries", "Answers in the cache.", registry=REGISTRY)
ACTIVE_USERS = Gauge("active_users", "Users who handed in a job in the last hour.", registry=REGISTRY)

JOB_SECONDS = Histogram(
    "job_duration_seconds",
    "Duration of jobs in seconds.",
    ("job_type",),
    buckets=(1, 5, 10, 30, 60, 120, 300, 600),
    registry=REGISTRY,
)
LLM_SECONDS = Histogram(
    "llm_latency_seconds",
    "Duration of calls to language models in seconds.",
    ("model",),
    buckets=(0.1, 0.5, 1, 2, 5, 10, 30),
    registry=REGISTRY,
)
BATCH_SECONDS = Histogram(
    "batch_processing_seconds",
    "Duration of batches in seconds.",
    buckets=(10, 30, 60, 120, 300, 600, 1200),
    registry=REGISTRY,
)
TOKENS = Histogram(
    "tokens_used",
    "Tokens of each answered call, those of the prompt and those of the answer.",
    ("model",),
    buckets=(100, 500, 1000, 2000, 4000, 8000, 16000),
    registry=REGISTRY,
)

for metric, labels in (
    (LLM_REQUESTS, (Model, CallStatus)),
    (JOBS_CREATED, (JobType,)),
    (JOBS_COMPLETED, (JobType, JobStatus)),
    (BATCHES_COMPLETED, (BatchStatus,)),
    (ERRORS, (ErrorCode,)),
    (JOB_SECONDS, (JobType,)),
    (LLM_SECONDS, (Model,)),
    (TOKENS, (Model,)),
):
    for values in product(*labels):
        metric.labels(*values)


def exposition() -> bytes:
    """Return all metrics as Prometheus text."""
    return generate_latest(REGISTRY)
