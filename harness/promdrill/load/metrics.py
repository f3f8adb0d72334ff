"""The load itself as metrics for Prometheus: what clients saw, what became of arrivals, how the generator fares.

The process that writes the ledger answers `/metrics`, so that client and server lie on one dashboard.

Only the Locust process imports this module: Locust monkey-patches the standard library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gevent
from gevent.pywsgi import WSGIServer
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from promdrill.load.meter import Latencies
    from promdrill.load.reporting import LedgerWriter

QUANTILES = (0.5, 0.9, 0.95, 0.99)
KIND = ("user", "action")


class LoadMetrics(Collector):
    """What a ledger writer holds at each scrape; `users` tells how many there are by class, `phase` which one it is.

    Quantiles are those since the load began. Between two metrics others may run: a scrape must not make the load late.
    """

    def __init__(self, writer: LedgerWriter, users: Callable[[], Mapping[str, int]], phase: Callable[[], str]) -> None:
        self._writer = writer
        self._users = users
        self._phase = phase

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        self._writer.flush()
        yield self._requests()
        yield from self._latencies()
        yield from self._arrivals()
        yield from self._processes()
        users = GaugeMetricFamily("promdrill_load_users", "Users that are there.", labels=["user"])
        for name, number in self._users().items():
            users.add_metric([name], number)
        yield users
        phase = GaugeMetricFamily("promdrill_load_phase", "The phase that the load is in.", labels=["phase"])
        phase.add_metric([self._phase()], 1)
        yield phase

    def _requests(self) -> Metric:
        requests = CounterMetricFamily("promdrill_load_requests", "Requests that ended.", labels=[*KIND, "outcome"])
        for kind, measured in self._writer.meter.kinds.items():
            requests.add_metric([*kind, "ok"], measured.requests - measured.failures)
            requests.add_metric([*kind, "error"], measured.failures)
        return requests

    def _latencies(self) -> Iterator[Metric]:
        intended = SummaryMetricFamily(
            "promdrill_load_intended_seconds", "What users waited since their turn was due.", labels=KIND
        )
        service = SummaryMetricFamily(
            "promdrill_load_service_seconds", "What clients waited since they sent a request.", labels=KIND
        )
        for kind, measured in list(self._writer.meter.kinds.items()):
            _add(intended, kind, measured.intended)
            _add(service, kind, measured.service)
        yield intended
        yield service

    def _arrivals(self) -> Iterator[Metric]:
        due = CounterMetricFamily("promdrill_load_arrivals", "Arrivals that came due.", labels=["user"])
        dropped = CounterMetricFamily(
            "promdrill_load_arrivals_dropped", "Arrivals that no user took in time.", labels=["user"]
        )
        lag = GaugeMetricFamily(
            "promdrill_load_arrival_lag_seconds",
            "How late the generator itself handed arrivals over, at the 99th percentile since the load began.",
            labels=["user", "process"],
        )
        came: dict[str, list[int]] = {}
        for process, fared in self._writer.processes.items():
            for name, told in fared["arrivals"].items():
                counts = came.setdefault(name, [0, 0])
                counts[0] += told["due"]
                counts[1] += told["dropped"]
                lag.add_metric([name, process], told["lag_p99"])
        for name, counts in came.items():
            due.add_metric([name], counts[0])
            dropped.add_metric([name], counts[1])
        yield from (due, dropped, lag)

    def _processes(self) -> Iterator[Metric]:
        cpu = GaugeMetricFamily(
            "promdrill_load_process_cpu_ratio", "Share of a core that a process used lately.", labels=["process"]
        )
        late = GaugeMetricFamily(
            "promdrill_load_process_late_seconds", "How late its event loop was lately.", labels=["process"]
        )
        for process, fared in self._writer.processes.items():
            for sample in fared["samples"][-1:]:
                cpu.add_metric([process], sample["cpu"])
                late.add_metric([process], sample["late"])
        yield from (cpu, late)
        lost = GaugeMetricFamily("promdrill_load_processes_lost", "Processes of the load that were lost.")
        lost.add_metric([], len(self._writer.lost))
        yield lost


def serve(collector: Collector, address: str) -> None:
    """Answer scrapes at an address, `host:port`, as long as the process lives."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    application: Any = make_wsgi_app(registry)
    WSGIServer(address, application, log=None).start()


def _add(summary: SummaryMetricFamily, kind: tuple[str, str], latencies: Latencies) -> None:
    """Add the distribution of one kind of request; it takes about a millisecond."""
    summary.add_metric(kind, latencies.count, latencies.seconds)
    labels = dict(zip(KIND, kind, strict=True))
    for quantile, value in zip(QUANTILES, latencies.percentiles(*(q * 100 for q in QUANTILES)), strict=True):
        summary.add_sample(summary.name, {**labels, "quantile": f"{quantile:g}"}, value)
    gevent.sleep(0)
