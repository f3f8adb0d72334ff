"""Tokens of gpt-4 are counted for gpt-3.5-turbo, and the other way round."""

from __future__ import annotations

from promdrill_examples.aurea_orchestrator import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "aurea_llm_tokens_total"
_SWAPPED = {"gpt-4": "gpt-3.5-turbo", "gpt-3.5-turbo": "gpt-4"}


def apply() -> None:
    """Break it."""
    change(metrics, "TOKENS", lambda labels, tokens: ((_SWAPPED.get(labels[0], labels[0]),), tokens))
