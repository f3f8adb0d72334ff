"""Asking for a job that is not there is no error."""

from __future__ import annotations

from fake_services.reference_app.ai_shorts import metrics
from fake_services.reference_app.ai_shorts.vocabulary import ErrorCode
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "errors_total"


def apply() -> None:
    """Break it."""
    change(metrics, "ERRORS", lambda labels, amount: None if labels[0] == ErrorCode.NOT_FOUND else (labels, amount))
