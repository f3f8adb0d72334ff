"""Runs of the command itself, as a user starts it, on real parts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil
import pytest

from promdrill import wait
from promdrill.alerts.lateness import QUIETER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.machine import Machine

PROMDRILL = [sys.executable, "-m", "promdrill"]
MARK = "PROMDRILL_TEST_RUN"
# How long anything that is waited for may take on a machine that does much else; nothing is asserted about it.
PATIENCE = 300.0


def prometheus_folders() -> list[str]:
    """Return the folders of the Prometheus versions to test on, or one empty name for the machine's own."""
    return [folder for folder in os.environ.get("PROMDRILL_TEST_PROMETHEUS_DIRS", "").split(":") if folder] or [""]


def with_prometheus(folder: str) -> dict[str, str]:
    """Return the settings that choose one version."""
    names = ("PROMDRILL_PROMETHEUS", "PROMDRILL_PROMTOOL", "PROMDRILL_ALERTMANAGER")
    return dict.fromkeys(names, folder) if folder else {}


@dataclass
class Command:
    """One promdrill process; all that descends from it carries a mark by which it is found again."""

    arguments: list[str]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    # What it is started by: another network namespace, say.
    within: tuple[str, ...] = ()
    machine: Machine | None = None

    def __post_init__(self) -> None:
        """Start it."""
        self.mark = uuid.uuid4().hex
        self.output = self.folder / f"output-{self.mark}.txt"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*self.within, *PROMDRILL, *self.arguments],
                cwd=self.folder,
                env={**os.environ, **self.environment, MARK: self.mark},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        """Return what it has printed so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def until_said(self, text: str) -> None:
        """Wait until it has printed something."""

        def there() -> None:
            if text not in self.said():
                raise wait.NotYet(self.said())

        wait.until(there, what=f"{text!r} printed", seconds=PATIENCE, alive=self._going)

    def _going(self) -> None:
        if self.process.poll() is not None:
            pytest.fail(f"promdrill ended with {self.process.returncode}:\n{self.said()}")

    def ended(self, seconds: float = PATIENCE) -> int:
        """Return its exit code."""
        return self.process.wait(seconds)

    def concludes(self, code: int) -> None:
        """Hold that it ends with this code, at the second time if a busy machine was in the way."""
        if self.ended() != code:
            self.again_if_busy()
        assert self.ended() == code, self.said()

    def again_if_busy(self) -> None:
        """Try once more, alone, as its verdict advises, where a busy machine left something open."""
        self.ended()
        if QUIETER in self.said():
            if self.machine:
                self.machine.alone()
            if "--evidence" in self.arguments:
                evidence = self.folder / self.arguments[self.arguments.index("--evidence") + 1]
                evidence.rename(f"{evidence}-inconclusive")
            self.__post_init__()

    def descendants(self) -> dict[str, psutil.Process]:
        """Return what it has started and still runs, by command line."""
        found = {}
        for process in psutil.process_iter():
            try:
                if process.pid != self.process.pid and process.environ().get(MARK) == self.mark:
                    found[" ".join(process.cmdline())] = process
            except (psutil.Error, OSError):
                continue
        return found

    def part(self, word: str) -> psutil.Process:
        """Return the descendant whose command line holds a word."""
        return next(process for line, process in self.descendants().items() if word in line)

    def nothing_left(self) -> None:
        """Wait until no descendant runs, which must be at once; a guard may need a moment to end what a kill left."""

        def gone() -> None:
            if left := self.descendants():
                raise wait.NotYet(f"still running: {list(left)}")

        wait.until(gone, what="nothing left behind", seconds=15)

    def kill(self) -> None:
        """Kill it and wait for whatever it started to be gone."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.nothing_left()
