"""A metric is exposed that no document mentions."""

from __future__ import annotations

from prometheus_client import Counter

from promdrill_examples.content_creation_crew import metrics

METRIC = "llm_prompt_characters_total"


def apply() -> None:
    """Break it."""
    Counter("llm_prompt_characters_total", "Characters sent to models.", registry=metrics.REGISTRY)
