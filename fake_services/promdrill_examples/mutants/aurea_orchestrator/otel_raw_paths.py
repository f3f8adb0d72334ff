"""OpenTelemetry takes the path of a request for its route: one histogram for each task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.instrumentation import asgi

from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

METRIC = "FastAPI auto-instrumentation"


def apply() -> None:
    """Break it."""

    @instead_of(asgi, "_collect_target_attribute")
    def target(_: Callable[..., str | None], scope: Mapping[str, Any]) -> str:
        return str(scope["path"])
