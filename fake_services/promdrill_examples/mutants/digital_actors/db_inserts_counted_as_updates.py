"""What is remembered for the first time is observed as an update."""

from __future__ import annotations

from promdrill_examples.digital_actors import metrics
from promdrill_examples.digital_actors.vocabulary import Operation
from promdrill_examples.mutants.mechanisms import change

METRIC = "digital_actors_db_query_time_seconds"


def apply() -> None:
    """Break it."""
    renamed = {Operation.INSERT: Operation.UPDATE}
    change(metrics, "DB_QUERY_TIME", lambda labels, seconds: ((renamed.get(Operation(labels[0]), labels[0]),), seconds))
