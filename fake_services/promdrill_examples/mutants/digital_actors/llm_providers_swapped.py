"""Two providers are swapped: calls of one are observed for the other."""

from __future__ import annotations

from promdrill_examples.digital_actors import metrics
from promdrill_examples.digital_actors.vocabulary import Provider
from promdrill_examples.mutants.mechanisms import change

METRIC = "digital_actors_llm_latency_seconds"


def apply() -> None:
    """Break it."""
    other = {Provider.OPENAI: Provider.ANTHROPIC, Provider.ANTHROPIC: Provider.OPENAI}
    change(
        metrics,
        "LLM_LATENCY",
        lambda labels, seconds: ((other.get(Provider(labels[0]), labels[0]), labels[1]), seconds),
    )
