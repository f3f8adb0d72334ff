"""What the clean-up deletes is counted for the plan gdpr, whoever it was for."""

from __future__ import annotations

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.mutants.mechanisms import change

METRIC = "retention_deletes_total"


def apply() -> None:
    """Break it."""
    change(metrics, "RETENTION_DELETES", lambda _labels, items: (("gdpr",), items))
