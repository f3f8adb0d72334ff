"""The buckets of the LLM latency are those of the client library."""

from __future__ import annotations

from prometheus_client import Histogram

from promdrill_examples.ai_shorts import metrics
from promdrill_examples.ai_shorts.vocabulary import Model
from promdrill_examples.mutants.mechanisms import change

METRIC = "llm_latency_seconds"


def apply() -> None:
    """Break it."""
    usual = Histogram(METRIC, "Duration of calls to language models in seconds.", ("model",), registry=None)
    for model in Model:
        usual.labels(model)
    change(metrics, "LLM_SECONDS", lambda labels, seconds: (labels, seconds), into=usual)
