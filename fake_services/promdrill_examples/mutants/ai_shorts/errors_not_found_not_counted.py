"""Asking for a job that is not there is no error."""

from __future__ import annotations

from promdrill_examples.ai_shorts import metrics
from promdrill_examples.ai_shorts.vocabulary import ErrorCode
from promdrill_examples.mutants.mechanisms import change

METRIC = "errors_total"


def apply() -> None:
    """Break it."""
    change(metrics, "ERRORS", lambda labels, amount: None if labels[0] == ErrorCode.NOT_FOUND else (labels, amount))
