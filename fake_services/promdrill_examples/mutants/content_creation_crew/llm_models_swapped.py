"""Two models are swapped: calls of one are counted for the other."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.content_creation_crew.vocabulary import Model
from promdrill_examples.mutants.mechanisms import change

METRIC = "llm_calls_total"


def apply() -> None:
    """Break it."""
    llama, mistral = Model
    other: dict[str, str] = {llama: mistral, mistral: llama}
    change(metrics, "LLM_CALLS", lambda labels, amount: ((other[labels[0]],), amount))
