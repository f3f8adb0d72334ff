from __future__ import annotations

import subprocess
import sys
from itertools import product

from prometheus_client.parser import text_string_to_metric_families

MODELS = ("llama3.2:1b", "mistral:7b", "phi3:mini")
JOB_TYPES = ("script", "storyboard", "caption", "outline")
COUNTERS: dict[str, dict[str, tuple[str, ...]]] = {
    "llm_requests": {"model": MODELS, "status": ("success", "failure")},
    "cache_hits": {},
    "cache_misses": {},
    "jobs_created": {"job_type": JOB_TYPES},
    "jobs_completed": {"job_type": JOB_TYPES, "status": ("success", "failed")},
    "batches_created": {},
    "batches_completed": {"status": ("completed", "partial", "failed")},
    "errors": {"error_code": ("llm", "database", "not_found", "invalid_request")},
}
GAUGES = ("active_jobs", "cache_entries", "active_users")
HISTOGRAMS: dict[str, tuple[dict[str, tuple[str, ...]], tuple[float, ...]]] = {
    "job_duration_seconds": ({"job_type": JOB_TYPES}, (1, 5, 10, 30, 60, 120, 300, 600)),
    "llm_latency_seconds": ({"model": MODELS}, (0.1, 0.5, 1, 2, 5, 10, 30)),
    "batch_processing_seconds": ({}, (10, 30, 60, 120, 300, 600, 1200)),
    "tokens_used": ({"model": MODELS}, (100, 500, 1000, 2000, 4000, 8000, 16000)),
}


def test_every_metric_and_label_set_is_exposed_at_zero_from_the_start() -> None:
    """A fresh process exposes fifteen metrics, with HELP, all known label sets and bounds, each at 0."""
    code = "from promdrill_examples.ai_shorts import metrics; print(metrics.exposition().decode())"
    text = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    families = list(text_string_to_metric_families(text))
    seen = {
        family.name: (
            family.type,
            {tuple(sorted((k, v) for k, v in one.labels.items() if k != "le")) for one in family.samples},
            tuple(dict.fromkeys(float(one.labels["le"]) for one in family.samples if "le" in one.labels)),
        )
        for family in families
    }
    labelled = {name: ("counter", labels, ()) for name, labels in COUNTERS.items()}
    labelled |= {name: ("gauge", {}, ()) for name in GAUGES}
    labelled |= {name: ("histogram", labels, (*bounds, float("inf"))) for name, (labels, bounds) in HISTOGRAMS.items()}
    assert seen == {
        name: (kind, {tuple(sorted(zip(labels, values, strict=True))) for values in product(*labels.values())}, bounds)
        for name, (kind, labels, bounds) in labelled.items()
    }
    assert {one.value for family in families for one in family.samples} == {0.0}
    assert all(family.documentation for family in families)
