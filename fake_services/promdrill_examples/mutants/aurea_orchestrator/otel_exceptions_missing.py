"""OpenTelemetry records nothing of a request that ends in an unhandled exception."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

from promdrill_examples.aurea_orchestrator.vocabulary import Answer
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.metrics import Histogram

METRIC = "FastAPI auto-instrumentation"


@dataclass(frozen=True, slots=True)
class _Deaf:
    histogram: Histogram

    def record(self, amount: float, attributes: Mapping[str, Any], context: object = None) -> None:  # noqa: ARG002  the library's signature
        if attributes.get("http.status_code") != Answer.UNHANDLED:
            self.histogram.record(amount, attributes)


def apply() -> None:
    """Break it."""

    @instead_of(OpenTelemetryMiddleware, "__init__")
    def create(original: Callable[..., None], self: OpenTelemetryMiddleware, *arguments: Any, **named: Any) -> None:  # noqa: ANN401  whatever it takes
        original(self, *arguments, **named)
        if self.duration_histogram_old is not None:
            self.duration_histogram_old = _Deaf(self.duration_histogram_old)
