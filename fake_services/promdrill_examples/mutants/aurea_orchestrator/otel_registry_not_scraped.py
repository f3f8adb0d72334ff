"""OpenTelemetry exports to the global registry, which the endpoint does not serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import REGISTRY

from promdrill_examples.aurea_orchestrator import telemetry
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from prometheus_client import CollectorRegistry

METRIC = "FastAPI auto-instrumentation"


def apply() -> None:
    """Break it."""

    @instead_of(telemetry, "instrument")
    def instrument(original: Callable[..., None], app: FastAPI, _: CollectorRegistry) -> None:
        original(app, REGISTRY)
