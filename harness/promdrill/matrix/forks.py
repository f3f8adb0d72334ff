"""Processes that are forks of one which has imported everything already: they start in a moment."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from promdrill import wait
from promdrill.errors import DeadlineError, StackError
from promdrill.matrix import forking
from promdrill.stack.part import Part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promdrill.stack.processes import Processes

MODULE_FLAG = "-m"
FORK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ModuleCommand:
    """A command `interpreter [flag ...] -m module [argument ...]`, taken apart."""

    interpreter: tuple[str, ...]
    module: str
    arguments: tuple[str, ...]

    @classmethod
    def parse(cls, command: Sequence[str]) -> ModuleCommand | None:
        """Return the parts of a command, or None where it is another kind of command."""
        if MODULE_FLAG not in command[1:-1]:
            return None
        at = command.index(MODULE_FLAG)
        flags = command[1:at]
        if any(not flag.startswith("-") for flag in flags):
            return None
        return cls((*command[:at],), command[at + 1], (*command[at + 2 :],))


class Forks:
    """One process that has imported what its forks need."""

    def __init__(
        self,
        name: str,
        command: ModuleCommand,
        preload: Sequence[str],
        processes: Processes,
        directory: str | None = None,
    ) -> None:
        self._command = command
        self._processes = processes
        self._folder = processes.temporary_folder()
        self._requests = self._folder / "requests"
        self._numbers = itertools.count()
        self._writing = threading.Lock()
        os.mkfifo(self._requests)
        script = str(Path(forking.__file__))
        server = [*command.interpreter, script, str(self._requests), *preload]
        self._server = processes.start(Part(f"{name}-forks", server, {}, directory=directory))

    def can_run(self, part: Part) -> bool:
        """Tell whether a part is the module that these forks are for."""
        command = ModuleCommand.parse(part.command)
        return command is not None and (command.interpreter, command.module) == (
            self._command.interpreter,
            self._command.module,
        )

    def start(self, part: Part, environment: Mapping[str, str], log: Path) -> Fork:
        """Start a part as a fork.

        Raises:
            StackError: the process that is to fork has ended, or does not answer.
        """
        command = ModuleCommand.parse(part.command)
        if command is None:
            raise ValueError(f"{part.name} is no module")
        status = self._folder / str(next(self._numbers))
        request = {
            "module": command.module,
            "arguments": command.arguments,
            "environment": {**environment},
            "directory": part.directory or str(Path.cwd()),
            "log": str(log.resolve()),
            "status": str(status),
        }
        with self._writing, self._requests.open("ab", buffering=0) as pipe:
            pipe.write(json.dumps(request).encode() + b"\n")

        def read_pid() -> int:
            try:
                return int(status.read_text(encoding="utf-8").splitlines()[0])
            except FileNotFoundError:
                raise wait.NotYet("it is being forked") from None

        pid = wait.until(
            read_pid, what=f"{part.name} started", seconds=FORK_SECONDS, alive=self._server.check, every=0.005
        )
        return Fork(pid, status)


class Fork:
    """A process that is no child of ours; the names are those of `subprocess.Popen`."""

    def __init__(self, pid: int, status: Path) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._status = status

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""
        if self.returncode is None:
            lines = self._status.read_text(encoding="utf-8").splitlines()
            self.returncode = int(lines[1]) if len(lines) > 1 else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code when it has ended; raises TimeoutExpired."""

        def read_exit_code() -> int:
            if (code := self.poll()) is None:
                raise wait.NotYet("it runs")
            return code

        try:
            return wait.until(
                read_exit_code, what="ended", seconds=FORK_SECONDS if timeout is None else timeout, every=0.01
            )
        except DeadlineError:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or FORK_SECONDS) from None

    def send_signal(self, sig: int, /) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sig)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def pause(self) -> NoReturn:
        """Refuse: no short run has faults that need it."""
        raise StackError("a fork is not paused")

    def cut_off(self) -> NoReturn:
        """Refuse, as above."""
        raise StackError("a fork is not cut off")
