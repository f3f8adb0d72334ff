"""OpenTelemetry: FastAPI instrumented by its own library, exported through the app's own Prometheus registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.view import DropAggregation, View

from promdrill_examples.aurea_orchestrator.measuring import OWN_ENDPOINTS

if TYPE_CHECKING:
    from fastapi import FastAPI
    from prometheus_client import CollectorRegistry


def instrument(app: FastAPI, registry: CollectorRegistry) -> None:
    """Expose the duration of each request of `app` in `registry`, by method, status and route.

    The other histograms and gauges of the library are left out: nobody asked for them.
    """
    reader = PrometheusMetricReader(disable_target_info=True, scope_info_enabled=False, registry=registry)
    views = [View(instrument_name="http.server.*duration"), View(instrument_name="*", aggregation=DropAggregation())]
    FastAPIInstrumentor.instrument_app(
        app,
        meter_provider=MeterProvider(metric_readers=[reader], views=views),
        excluded_urls=",".join(f"{path}$" for path in OWN_ENDPOINTS),
    )
