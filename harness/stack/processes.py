"""Parts of a run as child processes: started in parallel, watched, and ended in every way that a run can end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import httpx

from harness import conventions, wait
from harness.errors import DeadlineError, StackError
from harness.stack import guard
from harness.stack.ports import Ports

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

STOP_SECONDS = 5.0
TAIL_LINES = 15


@dataclass(frozen=True, slots=True)
class Part:
    """What a part is: its name, its command, what it adds to the environment, and where it answers when it is ready.

    `ready` is a URL that answers below 400; None means that the part is ready at once. `seconds` is the deadline: to be
    ready, or for a short-lived part to end. `directory` is where it runs, ours without it. `end_seconds` is how long it
    may take to end when it is asked to, before it is killed.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: str | None = None
    seconds: float = 30.0
    directory: str | None = None
    end_seconds: float = STOP_SECONDS


class Running:
    """One started part."""

    def __init__(self, part: Part, log: Path, environment: Mapping[str, str]) -> None:
        self.part = part
        self.log = log
        self.moment = "while it started" if part.ready else "in mid-run"
        try:
            with log.open("ab") as output:
                self.process = subprocess.Popen(
                    list(part.command),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**environment, **part.environment},
                    cwd=part.directory,
                    start_new_session=True,  # a Ctrl-C in the terminal is ours to handle, in our order
                )
        except OSError as error:
            raise StackError(f"{part.name} did not start: {error}") from error

    def tail(self) -> str:
        """Return the last lines of the part's log, each indented."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        return "\n".join(f"    {line}" for line in lines) or "    (it wrote nothing)"

    def check(self) -> None:
        """Raise a StackError if the part has ended."""
        code = self.process.poll()
        if code is not None:
            raise StackError(
                f"{self.part.name} died {self.moment} ({ending(code)}); the end of {self.log}:\n{self.tail()}"
            )

    def wait_ready(self) -> None:
        """Wait until the part answers.

        Raises:
            StackError: it died, or did not answer by its deadline, with the last observation and the tail of its log;
                or its URL is none.
        """
        if self.part.ready is None:
            return
        url = self.part.ready

        def answers() -> None:
            try:
                status = httpx.get(url, timeout=2, trust_env=False).status_code
            except httpx.InvalidURL as error:
                raise StackError(f"{self.part.name}: {url!r} is no address: {error}") from None
            except httpx.HTTPError as error:
                raise wait.NotYet(f"{url}: {error or type(error).__name__}") from None
            if status >= httpx.codes.BAD_REQUEST:
                raise wait.NotYet(f"{url} answers {status}")

        try:
            wait.until(answers, what=f"{self.part.name} ready", seconds=self.part.seconds, alive=self.check)
        except DeadlineError as error:
            raise StackError(f"{error}; the end of {self.log}:\n{self.tail()}") from None
        self.moment = "in mid-run"

    def stop(self) -> None:
        """Ask the part to end; kill it when it does not."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(self.part.end_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def ending(code: int) -> str:
    """Return how a process ended, from its return code."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


class Processes:
    """The child processes of one run. Use it as a context manager: on leaving, nothing remains.

    Logs go into `logs`, each part's into a file of its name; without it, into a temporary folder.
    """

    def __init__(self, logs: Path | None = None) -> None:
        self.run = uuid.uuid4().hex
        self.ports = Ports()
        self._running: list[Running] = []
        # A run may be a part of another, whose guard is to end the run and not its guard.
        environment = {name: value for name, value in os.environ.items() if name != conventions.RUN_VARIABLE}
        self._guard = subprocess.Popen(
            [sys.executable, "-P", str(Path(guard.__file__)), conventions.RUN_VARIABLE, self.run],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
            text=True,
        )
        self._logs = logs or self.temporary_folder()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        with uninterrupted():
            for running in reversed(self._running):
                if running.process.poll() is None:
                    running.process.terminate()
            for running in reversed(self._running):
                running.stop()
            self._guard.communicate()
            self.ports.release()

    def start(self, part: Part) -> Running:
        """Start one part, without waiting for it."""
        # All addresses are loopback's: a proxy that the user's shell names must not come between them.
        inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        environment = {**inherited, conventions.RUN_VARIABLE: self.run, "PYTHONUNBUFFERED": "1"}
        running = Running(part, self._logs / f"{part.name}.log", environment)
        self._running.append(running)
        return running

    def start_all(self, parts: Sequence[Part]) -> dict[str, Running]:
        """Start several parts at once and wait until each is ready."""
        started = {part.name: self.start(part) for part in parts}
        for running in started.values():
            running.wait_ready()
        return started

    def run_to_end(self, part: Part) -> None:
        """Start a short-lived part, which may take `part.seconds`, and wait until it has ended well.

        Raises:
            StackError: it did not end in time, or ended with an error; with the last line of its log.
        """
        running = self.start(part)
        try:
            code = running.process.wait(part.seconds)
            how = ending(code)
        except subprocess.TimeoutExpired:
            code, how = None, f"no end within {part.seconds:g} s"
        finally:
            self.end(running)
        if code != 0:
            raise StackError(f"{how}: {running.tail().splitlines()[-1].strip()}")

    def end(self, running: Running) -> None:
        """End one part before the others."""
        running.stop()
        self._running.remove(running)

    def alive(self, *, but: Running | None = None) -> None:
        """Raise a StackError that names the first part that has died; `but` may have ended."""
        for running in self._running:
            if running is not but:
                running.check()

    def temporary_folder(self) -> Path:
        """Return a new empty folder that is removed when the run ends, however it ends."""
        folder = Path(tempfile.mkdtemp(prefix="promdrill-"))
        self._to_remove("folder", str(folder))
        return folder

    def container(self) -> str:
        """Return a name for a container that is removed when the run ends, however it ends."""
        name = f"promdrill-{self.run}"
        self._to_remove("container", name)
        return name

    def _to_remove(self, what: str, name: str) -> None:
        if self._guard.stdin is not None:
            self._guard.stdin.write(f"{what} {name}\n")
            self._guard.stdin.flush()


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignore SIGINT and SIGTERM while cleaning up, so that a second Ctrl-C cannot leave something behind."""
    if threading.current_thread() is not threading.main_thread():
        yield  # handlers belong to the main thread, and so do interruptions
        return
    held = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)
