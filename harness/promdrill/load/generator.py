"""Locust as a child process: started with a scenario's users, stopped gracefully, its ledger left in the evidence."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promdrill import wait
from promdrill.conventions import CLIENT_LEDGER, LOAD_PART, LOOPBACK, PYTHON, ledger_file
from promdrill.conventions import LOAD_ABORTED as ABORTED_FILE
from promdrill.conventions import LOAD_REPORT as REPORT_FILE
from promdrill.errors import LoadAbortedError, LoadError
from promdrill.stack.image import OURS
from promdrill.stack.part import Part, ending

if TYPE_CHECKING:
    from pathlib import Path

    from promdrill.contract import Scenario
    from promdrill.options import Distribution
    from promdrill.stack.part import Running
    from promdrill.stack.processes import Processes

# In the evidence folder: there when all users are; and the phase that the users are to act as in.
BEGUN_FILE = "begun"
PHASE_FILE = "phase"
# Locust on the users of a scenario.
MODULE = "promdrill.load"
# A turn that is under way when the load ends is finished, not cut: a request that the app has seen and the ledger has
# not would break the reconciliation. It is longer than a client waits for an answer.
STOP_SECONDS = 35
# Workers on other machines are started by hand.
START_SECONDS = 120


class Generator:
    """The load of one run."""

    def __init__(self, processes: Processes, running: Running, folder: Path) -> None:
        self._processes = processes
        self.running = running
        self._folder = folder

    @classmethod
    def start(cls, processes: Processes, part: Part, folder: Path) -> Generator:
        """Start Locust; it begins to send as soon as it is up, as in the phase that was told last."""
        return cls(processes, processes.start(part), folder)

    def phase(self, name: str) -> None:
        """Tell the users which phase the drill is in: some rest in it, some act in no other."""
        tell_phase(self._folder, name)

    def wait_for_users(self) -> None:
        """Wait until all users are there: a phase without its load would be blamed on the app."""

        def check() -> None:
            self.check()
            if not (self._folder / BEGUN_FILE).exists():
                raise wait.NotYet("its users are being started")

        wait.until(check, what="locust began", seconds=START_SECONDS, alive=self._others_alive)

    def has_ended(self) -> bool:
        """Tell whether Locust has ended well by itself, all turns taken.

        Raises:
            LoadError: it ended with an error.
        """
        code = self.running.process.poll()
        if code:
            raise LoadError(
                f"locust exited during the run ({ending(code)})."
                f" The end of its log, {self.running.log}:\n{self.running.tail()}"
            )
        return code == 0

    def check(self) -> None:
        """Raise when Locust has ended while load was wanted.

        Raises:
            LoadAbortedError: a threshold ended it.
            LoadError: it ended for whatever other reason.
        """
        if self.has_ended():
            if (aborted := self._folder / ABORTED_FILE).exists():
                raise LoadAbortedError(json.loads(aborted.read_text(encoding="utf-8"))["threshold"])
            raise LoadError(f"locust exited before the end of the drill. The end of its log:\n{self.running.tail()}")

    def alive(self) -> None:
        """Raise when the load, or another part of the run, has ended.

        Raises:
            LoadError: the load has.
            StackError: another part has.
        """
        self.check()
        self._others_alive()

    def stop(self) -> None:
        """Let every user finish its turn, then end Locust.

        Raises:
            LoadError: it did not end in time, or ended with an error.
        """
        if not self.has_ended():
            self.running.process.send_signal(signal.SIGTERM)
        self.wait()

    def wait(self, seconds: float = STOP_SECONDS + 5) -> None:
        """Wait until Locust has ended, and take it off the list of parts that must live."""

        def check() -> None:
            if not self.has_ended():
                raise wait.NotYet("it is still running")

        wait.until(check, what="locust ended", seconds=seconds, alive=self._others_alive)
        self._processes.end(self.running)

    def _others_alive(self) -> None:
        self._processes.alive(but=self.running)


@dataclass(frozen=True)
class LoadSettings:
    """What a load is to do: by which seed, and bounded by count or not, against the app's URL.

    Files go into the evidence folder. `may_abort` tells that a threshold can end it, which a drill could not go on
    without. `metrics` is the loopback port on which it exposes what it does, if it is to.
    """

    app: str
    folder: Path
    seed: int
    short: bool = False
    may_abort: bool = False
    metrics: int | None = None


def locust(scenario: Scenario, load_settings: LoadSettings, distribution: Distribution) -> Part:
    """Return Locust for a scenario's users, the load running as soon as it is ready."""
    return Part(
        name=LOAD_PART,
        command=[*_command(scenario, load_settings.app), "--exit-code-on-error", "0", *_options(distribution)],
        environment=_environment(scenario, load_settings),
        ready=f"http://{LOOPBACK}:{distribution.web}/" if distribution.web else None,
        image=OURS,
        ports=tuple(filter(None, (distribution.web, load_settings.metrics))),
    )


def locust_worker(scenario: Scenario, master: tuple[str, int], processes: int, folder: Path) -> Part:
    """Return a Locust that makes load for a master elsewhere, which tells it what to do; it needs the users alone."""
    host, port = master
    return Part(
        name=LOAD_PART,
        command=[
            *PYTHON, "-m", MODULE, "--worker", "--master-host", host,
            "--master-port", str(port), "--processes", str(processes), "--loglevel", "WARNING",
        ],
        environment=_environment(scenario, LoadSettings("", folder, seed=0)),
        end_seconds=STOP_SECONDS,
    )  # fmt: skip


def _options(distribution: Distribution) -> list[str]:
    """Return what makes Locust show its page or not, and distribute the load, on its command line."""
    page = ["--autostart", "--web-host", LOOPBACK, "--web-port", str(distribution.web)]
    shown = ["--headless", "--only-summary"] if distribution.web is None else page
    port = str(distribution.port)
    if distribution.workers:
        place = ["--master-bind-host", distribution.bind, "--master-bind-port", port]
        return [*shown, "--master", "--expect-workers", str(distribution.workers), *place]
    if distribution.processes == 1:
        return shown
    # Locust's own port would be that of another load on this machine, too.
    place = ["--master-bind-host", LOOPBACK, "--master-bind-port", port, "--master-port", port]
    return [*shown, "--processes", str(distribution.processes), *place]


def tell_phase(folder: Path, name: str) -> None:
    """Write the phase where the users of a run look for it, so that none ever reads half a name."""
    new = folder / f"{PHASE_FILE}.new"
    new.write_text(name, encoding="utf-8")
    new.replace(folder / PHASE_FILE)


def _command(scenario: Scenario, app: str) -> list[str]:
    total = str(sum(users.users for users in scenario.drill.load.values()))
    return [
        *PYTHON, "-m", MODULE, "--host", app, "--users", total, "--spawn-rate", total,
        "--stop-timeout", str(STOP_SECONDS), "--loglevel", "WARNING",
    ]  # fmt: skip


def settings(scenario: Scenario, load_settings: LoadSettings) -> dict[str, Any]:
    """Return what the Locust process reads to set itself up."""
    folder = load_settings.folder.resolve()
    phases = [phase.name for phase in scenario.drill.phases]
    return {
        "users": str(scenario.users),
        "seed": load_settings.seed,
        "short": load_settings.short,
        "ledger": str(folder / ledger_file(CLIENT_LEDGER)),
        "begun": str(folder / BEGUN_FILE),
        "phase": str(folder / PHASE_FILE),
        "metrics": f"{LOOPBACK}:{load_settings.metrics}" if load_settings.metrics else None,
        "report": str(folder / REPORT_FILE),
        "folder": str(scenario.folder.resolve()),
        "aborted": str(folder / ABORTED_FILE),
        "abort": [
            threshold.model_dump(mode="json")
            for threshold in (scenario.drill.thresholds if load_settings.may_abort else ())
            if threshold.abort
        ],
        "headers": scenario.contract.watched_headers,
        "times": scenario.contract.client_times,
        "load": {
            name: {
                "users": users.model_dump(mode="json", by_alias=True),
                "rests_in": [phase for phase in phases if users.rest_in(phase)],
            }
            for name, users in scenario.drill.load.items()
        },
    }


def _environment(scenario: Scenario, load_settings: LoadSettings) -> dict[str, str]:
    """Write the settings, and the first phase, and return the variable that leads to them."""
    file = load_settings.folder.resolve() / "load.json"
    tell_phase(load_settings.folder, scenario.drill.phases[0].name)
    file.write_text(json.dumps(settings(scenario, load_settings)), encoding="utf-8")
    return {"PROMDRILL_LOAD": str(file)}
