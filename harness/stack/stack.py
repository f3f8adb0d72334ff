"""The stack of one run: fakes, app, Prometheus and Alertmanager as processes, and how to reach each."""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import httpx

from harness import conventions, wait
from harness.drill.rule_mutants import rerouted
from harness.errors import StackError
from harness.evidence.prometheus_api import PrometheusApi
from harness.stack import binaries, monitoring
from harness.stack.container import container
from harness.stack.fakes import FakesControl, fakes
from harness.stack.processes import Part, Processes
from harness.stack.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.contract import Scenario
    from harness.drill.compress import Compressed
    from harness.evidence.folder import Recorder


APP = "app"
# How many further scrapes may fail, on a machine that is busy, before they are taken for what the app does.
MORE_SCRAPES = 8


@dataclass(frozen=True)
class Options:
    """What a user can set of a run. `short` means load bounded by count, and no alert phases.

    `mutant` breaks the app, `rule_mutants` break its rules and their delivery.
    """

    seed: int = 1
    mutant: str | None = None
    short: bool = False
    documented_port: bool = False
    rule_mutants: tuple[str, ...] = ()


class Stack:
    """The running parts. Use it as a context manager: on leaving, all of them have ended."""

    def __init__(
        self,
        scenario: Scenario,
        compressed: Compressed,
        options: Options,
        recorder: Recorder,
        announce: Callable[[str], None],
    ) -> None:
        self._scenario = scenario
        self.compressed = compressed
        self._options = options
        self._recorder = recorder
        self.tools = {name: binaries.find(name, announce=announce) for name in ("prometheus", "alertmanager")}

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opened:
            self._start(opened)
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._opened.close()

    def _start(self, opened: contextlib.ExitStack) -> None:
        scenario, folder = self._scenario, self._recorder.folder
        self.processes = opened.enter_context(Processes(folder / "logs"))
        ports = self.processes.ports
        drill = scenario.drill
        serving: dict[str, int] = {name: drill.fakes.ports.get(name) or ports.take() for name in drill.fakes.serve}
        control, prometheus, alertmanager, webhook = (ports.take() for _ in range(4))
        app = drill.app.port if self._options.documented_port else ports.take()
        self.app = (drill.app.address or f"http://{conventions.LOOPBACK}:{app}").partition("://")[2]
        work = folder / "app"
        work.mkdir(exist_ok=True)
        self._places = {
            "port": str(app),
            "host": conventions.LOOPBACK,
            "work": str(work.resolve()),
            "clock_rate": f"{drill.app.clock_rate:g}",
            "calendar_rate": f"{drill.app.calendar_rate:g}",
            "token": drill.app.token or "",
            **{name: f"{conventions.LOOPBACK}:{fake}" for name, fake in serving.items()},
        }
        self.webhook = opened.enter_context(Webhook(webhook))
        self.control = opened.enter_context(contextlib.closing(FakesControl(control)))
        self.prometheus = opened.enter_context(
            contextlib.closing(PrometheusApi(f"http://{conventions.LOOPBACK}:{prometheus}"))
        )
        self.alertmanager = f"http://{conventions.LOOPBACK}:{alertmanager}"
        for name, text in self.compressed.files.items():
            self._recorder.text(f"rules/{name}", text)
        scrape = scenario.contract.scrape[0] if scenario.contract.scrape else None
        monitoring.write_configuration(
            folder,
            monitoring.Scraped(
                scenario.job, self.app, self.metrics_path, drill.app.token, itself=bool(scrape and scrape.itself)
            ),
            scrape_interval=drill.prometheus.scrape_interval,
            evaluation_interval=drill.prometheus.evaluation_interval,
            prometheus=f"{conventions.LOOPBACK}:{prometheus}",
            alertmanager=self.alertmanager.removeprefix("http://"),
            webhook=self.webhook.url,
            reroute=lambda routing: rerouted(routing, self._options.rule_mutants),
        )
        config = self._recorder.text(
            "fakes.config.json", json.dumps({"seed": self._options.seed, **drill.fakes.config})
        )
        lookback = 20 * drill.prometheus.scrape_interval
        parts = [
            fakes(drill.fakes.serve, serving, control, config),
            monitoring.prometheus(
                self.tools["prometheus"],
                folder,
                prometheus,
                lookback=lookback,
                retention=drill.prometheus.retention,
            ),
        ]
        if not drill.app.address:
            parts.append(self._app())
        if not self._options.short:
            parts.append(monitoring.alertmanager(self.tools["alertmanager"], folder, alertmanager))
        self.app_process = self.processes.start_all(parts).get(APP)
        self.await_scrapes(1)

    def _app(self) -> Part:
        app = self._scenario.drill.app
        ready = f"http://{self.app}{app.ready}"
        if app.image:
            return replace(container(APP, app, self.processes.container(), self.placed), ready=ready)
        command = [self.placed(word) for word in app.command]
        if command[0] == "python":
            command[0] = sys.executable
        environment = {name: self.placed(text) for name, text in app.environment.items()}
        if self._options.mutant:
            environment[conventions.MUTANT_VARIABLE] = self._options.mutant
        directory = self.placed(app.directory) if app.directory else str(self._scenario.folder)
        return Part(APP, command, environment, ready=ready, directory=directory)

    def placed(self, text: str) -> str:
        """Return a text of the drill with its placeholders filled in."""
        return text.format_map(self._places)

    @property
    def metrics_path(self) -> str:
        """The path of the app's metrics endpoint, as documented."""
        return self._scenario.metrics_path

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
            return httpx.get(
                f"http://{self.app}{self.metrics_path}", timeout=10, trust_env=False, headers=self.authorization
            )
        except httpx.HTTPError as error:
            raise StackError(f"the app's {self.metrics_path} does not answer: {error!r}") from error

    def await_scrapes(self, count: int) -> None:
        """Wait until Prometheus has scraped the app this many times from now on, the last time successfully.

        Where none of some more scrapes succeeds, the app is what fails, and that is for the checks to say.
        """
        seen: set[str] = set()

        def looked() -> None:
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
        wait.until(looked, what="Prometheus scraped the app", seconds=seconds, alive=self.processes.alive)
