"""A message that failed is counted with the status success."""

from __future__ import annotations

from promdrill_examples.digital_actors import metrics
from promdrill_examples.digital_actors.vocabulary import Status
from promdrill_examples.mutants.mechanisms import change

METRIC = "digital_actors_requests_total"


def apply() -> None:
    """Break it."""
    change(metrics, "REQUESTS", lambda labels, amount: ((*labels[:2], Status.SUCCESS), amount))
