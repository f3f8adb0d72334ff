"""The stack of one run: fakes, app, Prometheus and Alertmanager, and how to reach each."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from typing import TYPE_CHECKING, Self

import httpx

from promdrill import conventions, plain_http, wait
from promdrill.errors import StackError
from promdrill.evidence.prometheus_api import PrometheusApi
from promdrill.stack import monitoring
from promdrill.stack.alertmanager_api import AlertmanagerApi
from promdrill.stack.external_prometheus import ExternalPrometheus
from promdrill.stack.fakes import FAKES, FakesControl, fakes
from promdrill.stack.image import OURS
from promdrill.stack.monitoring import ALERTMANAGER_NAME, PROMETHEUS_NAME
from promdrill.stack.part import Part
from promdrill.stack.routing import drill_routing
from promdrill.stack.runtime import runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from promdrill.contract import Scenario
    from promdrill.evidence.folder import Recorder
    from promdrill.options import Options
    from promdrill.stack.processes import Processes


APP = "app"
# How many further scrapes may fail, on a machine that is busy, before they are taken for what the app does.
MORE_SCRAPES = 8


class Stack:
    """The running parts. Use it as a context manager: on leaving, all of them have ended.

    `rules` are the texts of the rule files that its Prometheus evaluates, by file name.
    """

    def __init__(
        self,
        scenario: Scenario,
        rules: Mapping[str, str],
        options: Options,
        recorder: Recorder,
        announce: Callable[[str], None],
    ) -> None:
        self._scenario = scenario
        self._rules = rules
        self._options = options
        self._recorder = recorder
        self._announce = announce
        self.external_prometheus = ExternalPrometheus(options.prometheus, scenario.job) if options.prometheus else None

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opened:
            self._start(opened)
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._opened.close()

    def _start(self, opened: contextlib.ExitStack) -> None:
        scenario, folder, host = self._scenario, self._recorder.folder.resolve(), self._options.host
        drill = scenario.drill
        work = folder / conventions.WORK_FOLDER
        work.mkdir(exist_ok=True)
        self.processes = opened.enter_context(self._runtime())
        ports, listening = self.processes.ports, self.processes.listening(host)
        serving: dict[str, int] = {name: drill.fakes.ports.get(name) or ports.take() for name in drill.fakes.serve}
        control = ports.take()
        app = drill.app.port if self._options.documented_port else ports.take()
        self.app = (drill.app.address or f"http://{host}:{app}").partition("://")[2]
        # Where the load exposes what it does.
        self.load_port = ports.take() if self._options.load_scraped else None
        self._places = {
            "port": str(app),
            "host": listening,
            "python": "python" if drill.app.image else sys.executable,
            "work": str(work),
            "clock_rate": f"{drill.app.clock_rate:g}",
            "calendar_rate": f"{drill.app.calendar_rate:g}",
            "token": drill.app.token or "",
            **{name: self.processes.address_of(FAKES, fake, host) for name, fake in serving.items()},
        }
        # Where it is to the other parts.
        self.app_inside = self.app if drill.app.address else self.processes.address_of(APP, app, host)
        self.control = opened.enter_context(FakesControl(f"http://{host}:{control}"))
        self.webhook, receiving = self.processes.receiver(opened, folder)
        watching = self._watching(opened, folder)
        config = self._recorder.text(
            "fakes.config.json", json.dumps({"seed": self._options.seed, **drill.fakes.config})
        )
        parts = [fakes(serving, control, config.resolve(), host, listening), *watching]
        if self._options.profile is None:
            parts += receiving
        self._begin(parts, app)

    def _runtime(self) -> Processes:
        return runtime(self._options.stack, self._recorder.folder, self._scenario, self._announce)

    def _begin(self, parts: list[Part], port: int) -> None:
        """Start all parts, and the app on its port with them."""
        own = [] if self._scenario.drill.app.address else [self._app(port)]
        self.app_process = self.processes.start_all([*parts, *own]).get(APP)
        self.await_scrapes(1)

    def _watching(self, opened: contextlib.ExitStack, folder: Path) -> list[Part]:
        """Return the parts that watch the app: none, where a Prometheus does that is there already."""
        if self.external_prometheus:
            opened.enter_context(contextlib.closing(self.external_prometheus))
            self.external_prometheus.check(self.app + self.metrics_path)
            self.prometheus = self.external_prometheus.api
            return []
        scenario, drill, listening = self._scenario, self._scenario.drill, self.processes.listening()
        prometheus, alertmanager = self.processes.ports.take(), self.processes.ports.take()
        self.prometheus = opened.enter_context(
            contextlib.closing(PrometheusApi(f"http://{conventions.LOOPBACK}:{prometheus}"))
        )
        self.alertmanager = opened.enter_context(
            contextlib.closing(AlertmanagerApi(f"http://{conventions.LOOPBACK}:{alertmanager}"))
        )
        for name, text in self._rules.items():
            self._recorder.text(f"rules/{name}", text)
        scrape = scenario.contract.scrape[0] if scenario.contract.scrape else None
        monitoring.write_configuration(
            folder,
            monitoring.Scraped(
                scenario.job,
                self.app_inside,
                self.metrics_path,
                drill.app.token,
                itself=bool(scrape and scrape.itself),
                load=self.processes.address_of(conventions.LOAD_PART, self.load_port) if self.load_port else None,
            ),
            drill_routing(scenario.routing.data, scenario.routing.factor, self.webhook.url),
            scrape_interval=drill.prometheus.scrape_interval,
            evaluation_interval=drill.prometheus.evaluation_interval,
            prometheus=self.processes.address_of(PROMETHEUS_NAME, prometheus),
            alertmanager=self.processes.address_of(ALERTMANAGER_NAME, alertmanager),
        )
        lookback = 20 * drill.prometheus.scrape_interval
        parts = [
            monitoring.prometheus(
                self.processes.program(PROMETHEUS_NAME, self._announce),
                folder,
                prometheus,
                listening=listening,
                lookback=lookback,
                retention=drill.prometheus.retention,
            ),
        ]
        if self._options.alerts:
            program = self.processes.program(ALERTMANAGER_NAME, self._announce)
            parts.append(monitoring.alertmanager(program, folder, alertmanager, listening=listening))
        return parts

    def _app(self, port: int) -> Part:
        app = self._scenario.drill.app
        command = [self.fill_in(word) for word in app.command]
        if command[:1] == ["python"] and not app.image:
            # The user's, with what the app imports; ours only where the PATH has none.
            command[0] = shutil.which("python") or sys.executable
        environment = {name: self.fill_in(text) for name, text in app.environment.items()}
        if self._options.mutant:
            environment[conventions.MUTANT_VARIABLE] = self._options.mutant
        at_home = None if app.image else str(self._scenario.folder.resolve())
        return Part(
            APP,
            command,
            environment,
            ready=f"http://{self.app}{app.ready}",
            directory=self.fill_in(app.directory) if app.directory else at_home,
            image=app.image or OURS,
            ports=(port,),
        )

    def fill_in(self, text: str) -> str:
        """Return a text of the drill with its placeholders filled in."""
        return text.format_map(self._places)

    @property
    def versions(self) -> dict[str, str]:
        """The versions of Prometheus and Alertmanager, as they tell them; of one that is not ours, nothing."""
        if self.external_prometheus:
            return {}
        told = {PROMETHEUS_NAME: self.prometheus.version()}
        return {**told, ALERTMANAGER_NAME: self.alertmanager.version()} if self._options.alerts else told

    @property
    def metrics_path(self) -> str:
        """The path of the app's metrics endpoint, as documented."""
        return self._scenario.metrics_path

    @property
    def scrape_interval(self) -> float:
        """How often the app is scraped, in seconds."""
        return self.external_prometheus.interval if self.external_prometheus else self._scenario.scrape_seconds

    @property
    def authorization(self) -> dict[str, str]:
        """The header that opens the metrics endpoint; empty where it is open."""
        token = self._scenario.drill.app.token
        return {"Authorization": f"Bearer {token}"} if token else {}

    def scrape_app(self) -> httpx.Response:
        """Return what the metrics endpoint answers to a plain client.

        Raises:
            StackError: it does not answer at all.
        """
        try:
            with plain_http.client(seconds=10) as client:
                return client.get(f"http://{self.app}{self.metrics_path}", headers=self.authorization)
        except httpx.HTTPError as error:
            raise StackError(f"the app's {self.metrics_path} does not answer: {error!r}") from error

    def await_scrapes(self, count: int) -> None:
        """Wait until Prometheus has scraped the app this many times from now on, the last time successfully.

        Where none of some more scrapes succeeds, the app is what fails, and that is for the checks to say.
        """
        if self.external_prometheus:
            self.external_prometheus.await_scrapes(count, self.processes.alive)
            return
        seen: set[str] = set()

        def look() -> None:
            try:
                active = self.prometheus.get("targets?state=active")["activeTargets"]
                targets = [target for target in active if target["labels"]["job"] == self._scenario.job]
            except (httpx.HTTPError, ValueError) as error:
                raise wait.NotYet(f"Prometheus' targets cannot be read: {error!r}") from None
            seen.update(target["lastScrape"] for target in targets if target["health"] != "unknown")
            # The first time that is seen may be that of a scrape before we began to look.
            scraped = len(seen) - 1
            good = all(target["health"] == "up" for target in targets)
            if scraped < count or (not good and scraped < count + MORE_SCRAPES):
                raise wait.NotYet(f"{max(0, scraped)} of {count} scrapes")

        seconds = 20 + 5 * (count + MORE_SCRAPES) * self._scenario.scrape_seconds
        wait.until(look, what="Prometheus scraped the app", seconds=seconds, alive=self.processes.alive)
