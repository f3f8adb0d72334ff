"""Each error is counted where it happens and again where it is answered."""

from __future__ import annotations

from fake_services.reference_app.digital_actors import metrics
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "digital_actors_errors_total"


def apply() -> None:
    """Break it."""
    change(metrics, "ERRORS", lambda labels, amount: (labels, 2 * amount))
