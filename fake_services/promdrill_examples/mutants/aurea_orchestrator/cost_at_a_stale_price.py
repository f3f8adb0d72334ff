"""The price of gpt-4 is last year's."""

from __future__ import annotations

from promdrill_examples.aurea_orchestrator import vocabulary

METRIC = "aurea_llm_cost_usd_total"


def apply() -> None:
    """Break it."""
    vocabulary.DOLLARS_PER_1K_TOKENS[vocabulary.Model.GPT_4] = 0.06
