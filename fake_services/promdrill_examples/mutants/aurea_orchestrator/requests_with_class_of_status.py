"""Requests are counted by the class of their status: 4xx, 5xx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.aurea_orchestrator import metrics
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "aurea_http_requests_total"


def apply() -> None:
    """Break it."""

    @instead_of(metrics, "record_request")
    def record_request(original: Callable[..., None], method: str, endpoint: str, status: int, seconds: float) -> None:
        original(method, endpoint, f"{status // 100}xx", seconds)
