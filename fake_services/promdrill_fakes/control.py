"""The control plane, on a port of its own: configuration, faults, journal, ledger and the fakes' own metrics."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp.web import Application, AppRunner, Request, Response, Server, StreamResponse, json_response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from promdrill_fakes.config import ConfigError, parse, parse_fault
from promdrill_fakes.faults import HEADER
from promdrill_fakes.openapi import describe
from promdrill_fakes.services import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.metrics_core import Metric

    from promdrill_fakes.looplag import LoopLag
    from promdrill_fakes.shared_state import SharedState

BATCH = 500
"""Journal entries that are written at once, so that a long journal does not hold up the fakes."""


class _FakesCollector(Collector):
    def __init__(self, state: SharedState, lag: LoopLag) -> None:
        self._state = state
        self._lag = lag

    def collect(self) -> Iterator[Metric]:
        in_flight = GaugeMetricFamily("fake_requests_in_flight", "Requests being served.", labels=["service"])
        for service in SERVICES:
            in_flight.add_metric([service], self._state.journal.in_flight[service])
        yield in_flight
        queued = GaugeMetricFamily("fake_requests_queued", "Requests that wait for their turn.", labels=["service"])
        for service in SERVICES:
            queued.add_metric([service], self._state.queued[service])
        yield queued
        served = CounterMetricFamily("fake_faults_served", "Attempts that a fault struck.", labels=["fault"])
        for fault in (*self._state.config.faults, *([HEADER] if self._state.config.fault_header else [])):
            served.add_metric([fault], self._state.faults.served[fault])
        yield served
        yield GaugeMetricFamily(
            "fake_event_loop_lag_seconds", "How late the last timer of the event loop was.", value=self._lag.last
        )
        yield GaugeMetricFamily(
            "fake_event_loop_lag_max_seconds",
            "How late a timer was at worst since the last reset.",
            value=self._lag.worst,
        )


class Control:
    """The handlers of the control plane."""

    def __init__(self, state: SharedState, lag: LoopLag) -> None:
        self._state = state
        self._lag = lag
        self._registry = CollectorRegistry()
        self._registry.register(_FakesCollector(state, lag))

    def application(self) -> Application:
        """Return the web application."""
        application = Application(client_max_size=64 * 1024 * 1024)
        application.router.add_get("/health", self.health)
        application.router.add_get("/openapi.json", self.openapi)
        application.router.add_get("/config", self.config)
        application.router.add_put("/config", self.put_config)
        application.router.add_patch("/config", self.patch_config)
        application.router.add_get("/faults", self.faults)
        application.router.add_put("/faults/{name}", self.put_fault)
        application.router.add_delete("/faults/{name}", self.delete_fault)
        application.router.add_post("/reset", self.reset)
        application.router.add_get("/journal", self.journal)
        application.router.add_get("/ledger", self.ledger)
        application.router.add_get("/ledger/durations", self.durations)
        application.router.add_get("/metrics", self.metrics)
        return application

    async def health(self, _request: Request) -> Response:
        """Answer 200: this port is opened last, when all others listen."""
        return json_response({"status": "ok"})

    async def openapi(self, _request: Request) -> Response:
        """Return the description of all this."""
        return json_response(describe())

    async def config(self, _request: Request) -> Response:
        """Return the whole configuration."""
        return json_response(self._state.config.as_json())

    async def put_config(self, request: Request) -> Response:
        """Replace the whole configuration, faults too; what is not given has its default."""
        try:
            self._state.configure(parse(await _json(request)))
        except ConfigError as error:
            return _refusal(error)
        return json_response(self._state.config.as_json())

    async def patch_config(self, request: Request) -> Response:
        """Change some of the configuration, and return the whole."""
        try:
            self._state.configure(self._state.config.apply_patch(await _json(request)))
        except ConfigError as error:
            return _refusal(error)
        return json_response(self._state.config.as_json())

    async def faults(self, _request: Request) -> Response:
        """Return all faults by name."""
        return json_response(self._state.config.as_json()["faults"])

    async def put_fault(self, request: Request) -> Response:
        """Set or replace a fault."""
        name = request.match_info["name"]
        try:
            fault = parse_fault(await _json(request))
        except ConfigError as error:
            return _refusal(error)
        config = self._state.config
        self._state.configure(config.model_copy(update={"faults": {**config.faults, name: fault}}))
        return json_response({name: fault.model_dump(mode="json", exclude_none=True)})

    async def delete_fault(self, request: Request) -> Response:
        """Take a fault away."""
        name = request.match_info["name"]
        config = self._state.config
        if name not in config.faults:
            return _refusal(ConfigError([{"path": name, "message": "there is no fault of this name"}]), status=404)
        rest = {other: fault for other, fault in config.faults.items() if other != name}
        self._state.configure(config.model_copy(update={"faults": rest}))
        return Response(status=204)

    async def reset(self, request: Request) -> Response:
        """Begin again: journal, ledger, ordinals, triggers and stored objects; configuration and faults stay."""
        try:
            seed = int(request.query.get("seed", self._state.config.seed))
        except ValueError:
            return _refusal(ConfigError([{"path": "seed", "message": "not an integer"}]))
        self._state.reset(seed)
        self._lag.reset()
        return json_response({"seed": seed})

    async def journal(self, request: Request) -> StreamResponse:
        """Stream the entries after `since`, of one `test` if it is named, a JSON object a line, in order of `seq`."""
        try:
            since = max(0, int(request.query.get("since", "0")))
        except ValueError:
            return _refusal(ConfigError([{"path": "since", "message": "not an integer"}]))
        journal = self._state.journal
        until = len(journal.entries)
        response = StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        for start in range(since, until, BATCH):
            await response.write(journal.lines(start, min(start + BATCH, until), request.query.get("test")))
        await response.write_eof()
        return response

    async def ledger(self, request: Request) -> Response:
        """Return the exact counts, of one `test` if it is named, and how far these fakes are to be believed."""
        ledger = self._state.journal.ledger(request.query.get("test"))
        return json_response({**ledger, "event_loop_lag_max": self._lag.worst})

    async def durations(self, request: Request) -> Response:
        """Return the seconds of each attempt by what the ledger counts by, of one `test` if it is named."""
        return json_response({"durations": self._state.journal.durations(request.query.get("test"))})

    async def metrics(self, _request: Request) -> Response:
        """Return the fakes' own metrics in the Prometheus text format."""
        return Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def server(state: SharedState, lag: LoopLag) -> Server:
    """Return the server of the control plane, ready to listen."""
    runner = AppRunner(Control(state, lag).application(), access_log=None, handle_signals=False)
    await runner.setup()
    assert runner.server is not None  # noqa: S101 - setup() has made it
    return runner.server


async def _json(request: Request) -> Any:  # noqa: ANN401 - whatever the client sent
    try:
        return json.loads(await request.read())
    except ValueError as error:
        raise ConfigError([{"path": "", "message": f"not JSON: {error}"}]) from None


def _refusal(error: ConfigError, status: int = 400) -> Response:
    return json_response({"errors": error.problems}, status=status)
