"""Locust as a child process: started with a scenario's users, stopped gracefully, its ledger left in the evidence."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness import wait
from harness.conventions import LOOPBACK
from harness.errors import LoadError
from harness.stack.processes import Part, ending

if TYPE_CHECKING:
    from harness.contract import Scenario
    from harness.stack.processes import Processes, Running

# In the evidence folder: there when all users are; and the phase that the users are to act as in.
BEGUN_FILE = "begun"
PHASE_FILE = "phase"
LOCUSTFILE = Path(__file__).with_name("locustfile.py")
# A turn that is under way when the load ends is finished, not cut: a request that the app has seen and the ledger has
# not would break the reconciliation.
STOP_SECONDS = 20
START_SECONDS = 60


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

    def wait_begun(self) -> None:
        """Wait until all users are there: a phase without its load would be blamed on the app."""

        def begun() -> None:
            self.check()
            if not (self._folder / BEGUN_FILE).exists():
                raise wait.NotYet("its users are being started")

        wait.until(begun, what="locust began", seconds=START_SECONDS, alive=self._others_alive)

    def has_ended(self) -> bool:
        """Tell whether Locust has ended well by itself, all turns taken.

        Raises:
            LoadError: it ended with an error.
        """
        code = self.running.process.poll()
        if code:
            raise LoadError(
                f"locust died in mid-run ({ending(code)}); the end of {self.running.log}:\n{self.running.tail()}"
            )
        return code == 0

    def check(self) -> None:
        """Raise a LoadError when Locust has ended, for whatever reason, while load was wanted."""
        if self.has_ended():
            raise LoadError(f"locust ended before the drill did; the end of its log:\n{self.running.tail()}")

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

        def ended() -> None:
            if not self.has_ended():
                raise wait.NotYet("it is still running")

        wait.until(ended, what="locust ended", seconds=seconds, alive=self._others_alive)
        self._processes.end(self.running)

    def _others_alive(self) -> None:
        self._processes.alive(but=self.running)


def locust(scenario: Scenario, *, app: str, seed: int, short: bool, folder: Path) -> Part:
    """Return Locust, headless, for a scenario's users against the app's URL; files go into the evidence folder."""
    return Part(
        name="locust",
        command=[*_command(scenario, app), "--headless", "--only-summary", "--exit-code-on-error", "0"],
        environment=_environment(scenario, seed=seed, short=short, folder=folder),
    )


def locust_page(scenario: Scenario, *, app: str, seed: int, folder: Path, port: int) -> Part:
    """Return Locust with its web page on a loopback port, the load running."""
    return Part(
        name="locust",
        command=[*_command(scenario, app), "--autostart", "--web-host", LOOPBACK, "--web-port", str(port)],
        environment=_environment(scenario, seed=seed, short=False, folder=folder),
        ready=f"http://{LOOPBACK}:{port}/",
    )


def tell_phase(folder: Path, name: str) -> None:
    """Write the phase where the users of a run look for it, so that none ever reads half a name."""
    new = folder / f"{PHASE_FILE}.new"
    new.write_text(name, encoding="utf-8")
    new.replace(folder / PHASE_FILE)


def _command(scenario: Scenario, app: str) -> list[str]:
    total = str(sum(users.users for users in scenario.drill.load.values()))
    return [
        sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--host", app, "--users", total, "--spawn-rate", total,
        "--stop-timeout", str(STOP_SECONDS), "--loglevel", "WARNING",
    ]  # fmt: skip


def _environment(scenario: Scenario, *, seed: int, short: bool, folder: Path) -> dict[str, str]:
    """Write what the Locust process reads to set itself up, and return the variable that leads to it."""
    settings = folder.resolve() / "load.json"
    phases = [phase.name for phase in scenario.drill.phases]
    tell_phase(folder, phases[0])
    settings.write_text(
        json.dumps(
            {
                "users": str(scenario.users),
                "seed": seed,
                "short": short,
                "ledger": str(folder.resolve() / "ledgers" / "client.jsonl"),
                "begun": str(folder.resolve() / BEGUN_FILE),
                "phase": str(folder.resolve() / PHASE_FILE),
                "headers": scenario.contract.watched_headers,
                "load": {
                    name: users.model_dump() | {"rests_in": [phase for phase in phases if users.rest_in(phase)]}
                    for name, users in scenario.drill.load.items()
                },
            }
        ),
        encoding="utf-8",
    )
    return {"PROMDRILL_LOAD": str(settings)}
