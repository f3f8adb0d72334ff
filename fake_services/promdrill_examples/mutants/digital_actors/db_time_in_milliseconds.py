"""The time of a query is observed in milliseconds."""

from __future__ import annotations

from promdrill_examples.digital_actors import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "digital_actors_db_query_time_seconds"


def apply() -> None:
    """Break it."""
    change(metrics, "DB_QUERY_TIME", lambda labels, seconds: (labels, 1000 * seconds))
