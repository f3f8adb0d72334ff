"""A message that makes no sense is not counted as an error."""

from __future__ import annotations

from promdrill_examples.digital_actors import metrics
from promdrill_examples.digital_actors.vocabulary import ErrorType
from promdrill_examples.mutants.mechanisms import change

METRIC = "digital_actors_errors_total"


def apply() -> None:
    """Break it."""
    change(metrics, "ERRORS", lambda labels, amount: None if labels == (ErrorType.VALIDATION,) else (labels, amount))
