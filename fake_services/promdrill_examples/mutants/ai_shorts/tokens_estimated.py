"""Tokens are estimated from the length of the answer, four characters each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.ai_shorts import writing
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from ollama import GenerateResponse

METRIC = "tokens_used"


def apply() -> None:
    """Break it."""

    @instead_of(writing, "tokens")
    def tokens(_: object, answer: GenerateResponse) -> int:
        return len(answer.response or "") // 4
