"""The response time is observed in milliseconds."""

from __future__ import annotations

from promdrill_examples.digital_actors import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "digital_actors_response_time_seconds"


def apply() -> None:
    """Break it."""
    change(metrics, "RESPONSE_TIME", lambda labels, seconds: (labels, 1000 * seconds))
