"""The stack of one run: fakes, app, Prometheus and Alertmanager, and how to reach each."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import httpx

from promdrill import conventions, plain_http, wait
from promdrill.drill.rule_mutants import rerouted
from promdrill.errors import StackError
from promdrill.evidence.prometheus_api import PrometheusApi
from promdrill.load.generator import NAME as LOAD
from promdrill.load.generator import Engine
from promdrill.stack import monitoring
from promdrill.stack.alertmanager_api import AlertmanagerApi
from promdrill.stack.borrowed import Borrowed
from promdrill.stack.fakes import FAKES, FakesControl, fakes
from promdrill.stack.image import OURS
from promdrill.stack.kind import Kind
from promdrill.stack.monitoring import ALERTMANAGER_NAME, PROMETHEUS_NAME
from promdrill.stack.part import Part
from promdrill.stack.routing import drilled
from promdrill.stack.runtime import runtime

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promdrill.contract import Scenario
    from promdrill.contract.profile import Profile
    from promdrill.drill.compress import Compressed
    from promdrill.evidence.existing import Existing
    from promdrill.evidence.folder import Recorder


APP = "app"
# How many further scrapes may fail, on a machine that is busy, before they are taken for what the app does.
MORE_SCRAPES = 8


@dataclass(frozen=True)
class Options:
    """What a user can set of a run. `short` means load bounded by count, and no alert phases.

    `mutant` breaks the app, `rule_mutants` break its rules and their delivery. `profile` is a load of its own, run in
    place of the drill by `engine`. `host` is the address of this machine at which app and fakes listen. `prometheus` is
    one that is there already, in place of the stack's own.
    """

    seed: int = 1
    mutant: str | None = None
    short: bool = False
    documented_port: bool = False
    rule_mutants: tuple[str, ...] = ()
    profile: Profile | None = None
    engine: Engine = field(default_factory=Engine)
    host: str = conventions.LOOPBACK
    prometheus: Existing | None = None
    stack: Kind = Kind.PROCESSES

    @property
    def alerts(self) -> bool:
        """Whether alerts are lived through."""
        return not self.short and self.profile is None

    @property
    def load_scraped(self) -> bool:
        """Whether the load itself is scraped: never in a drill, which has only what is documented."""
        return self.profile is not None or self.documented_port


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
        self._announce = announce
        self.borrowed = Borrowed(options.prometheus, scenario.job) if options.prometheus else None

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
        started = runtime(self._options.stack, self._recorder.folder, scenario, self._announce)
        self.processes = opened.enter_context(started)
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
            **{name: self.processes.reached(FAKES, fake, host) for name, fake in serving.items()},
        }
        # Where it is to the other parts.
        self.app_inside = self.app if drill.app.address else self.processes.reached(APP, app, host)
        self.control = opened.enter_context(FakesControl(f"http://{host}:{control}"))
        self.webhook, receiving = self.processes.receiver(opened, folder)
        watching = self._watching(opened, folder)
        config = self._recorder.text(
            "fakes.config.json", json.dumps({"seed": self._options.seed, **drill.fakes.config})
        )
        parts = [fakes(serving, control, config.resolve(), host, listening), *watching]
        if self._options.profile is None:
            parts += receiving
        if not drill.app.address:
            parts.append(self._app(app))
        self.app_process = self.processes.start_all(parts).get(APP)
        self.await_scrapes(1)

    def _watching(self, opened: contextlib.ExitStack, folder: Path) -> list[Part]:
        """Return the parts that watch the app: none, where a Prometheus does that is there already."""
        if self.borrowed:
            opened.enter_context(contextlib.closing(self.borrowed))
            self.borrowed.check(self.app + self.metrics_path)
            self.prometheus = self.borrowed.api
            return []
        scenario, drill, listening = self._scenario, self._scenario.drill, self.processes.listening()
        prometheus, alertmanager = self.processes.ports.take(), self.processes.ports.take()
        self.prometheus = opened.enter_context(
            contextlib.closing(PrometheusApi(f"http://{conventions.LOOPBACK}:{prometheus}"))
        )
        self.alertmanager = opened.enter_context(
            contextlib.closing(AlertmanagerApi(f"http://{conventions.LOOPBACK}:{alertmanager}"))
        )
        for name, text in self.compressed.files.items():
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
                load=self.processes.reached(LOAD, self.load_port) if self.load_port else None,
            ),
            drilled(
                rerouted(scenario.routing.data, self._options.rule_mutants), scenario.routing.factor, self.webhook.url
            ),
            scrape_interval=drill.prometheus.scrape_interval,
            evaluation_interval=drill.prometheus.evaluation_interval,
            prometheus=self.processes.reached(PROMETHEUS_NAME, prometheus),
            alertmanager=self.processes.reached(ALERTMANAGER_NAME, alertmanager),
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
        command = [self.placed(word) for word in app.command]
        if command[:1] == ["python"] and not app.image:
            # The user's, with what the app imports; ours only where the PATH has none.
            command[0] = shutil.which("python") or sys.executable
        environment = {name: self.placed(text) for name, text in app.environment.items()}
        if self._options.mutant:
            environment[conventions.MUTANT_VARIABLE] = self._options.mutant
        at_home = None if app.image else str(self._scenario.folder.resolve())
        return Part(
            APP,
            command,
            environment,
            ready=f"http://{self.app}{app.ready}",
            directory=self.placed(app.directory) if app.directory else at_home,
            image=app.image or OURS,
            ports=(port,),
        )

    def placed(self, text: str) -> str:
        """Return a text of the drill with its placeholders filled in."""
        return text.format_map(self._places)

    @property
    def versions(self) -> dict[str, str]:
        """The versions of Prometheus and Alertmanager, as they tell them; of one that is not ours, nothing."""
        if self.borrowed:
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
        return self.borrowed.interval if self.borrowed else self._scenario.scrape_seconds

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
        if self.borrowed:
            self.borrowed.await_scrapes(count, self.processes.alive)
            return
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
