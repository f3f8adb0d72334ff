"""A synthesis that failed is counted as a failed LLM call."""

from __future__ import annotations

from promdrill_examples.digital_actors import metrics
from promdrill_examples.digital_actors.vocabulary import ErrorType
from promdrill_examples.mutants.mechanisms import change

METRIC = "digital_actors_errors_total"


def apply() -> None:
    """Break it."""
    wrong = {ErrorType.TTS_SYNTHESIS: ErrorType.LLM_CALL}
    change(metrics, "ERRORS", lambda labels, amount: ((wrong.get(ErrorType(labels[0]), labels[0]),), amount))
