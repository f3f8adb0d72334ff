"""The time of a query is observed in milliseconds."""

from __future__ import annotations

from fake_services.reference_app.digital_actors import metrics
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "digital_actors_db_query_time_seconds"


def apply() -> None:
    """Break it."""
    change(metrics, "DB_QUERY_TIME", lambda labels, seconds: (labels, 1000 * seconds))
