"""Each error is counted where it happens and again where it is answered."""

from __future__ import annotations

from promdrill_examples.digital_actors import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "digital_actors_errors_total"


def apply() -> None:
    """Break it."""
    change(metrics, "ERRORS", lambda labels, amount: (labels, 2 * amount))
