"""A part of a run, and that part once it is started, whatever it runs in."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import httpx

from promdrill import plain_http, wait
from promdrill.errors import DeadlineError, StackError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from promdrill.stack.image import Image

STOP_SECONDS = 5.0
TAIL_LINES = 15


@dataclass(frozen=True, slots=True)
class Part:
    """What a part is: its name, its command, what it adds to the environment, and where it answers when it is ready.

    `ready` is a URL that answers below 400; None means that the part is ready at once. `seconds` is the deadline: to be
    ready, or for a short-lived part to end. `directory` is where it runs, ours without it. `end_seconds` is how long it
    may take to end when it is asked to, before it is killed.

    `image` is what a container of it is made from, and `ports` are those on which it is to be reached from outside; an
    image that the user names (a text) is always run in a container, with its own command where there is none here.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: str | None = None
    seconds: float = 30.0
    directory: str | None = None
    end_seconds: float = STOP_SECONDS
    image: Image | str | None = None
    ports: tuple[int, ...] = ()


class Child(Protocol):
    """What a run does with what it started; the names are those of `subprocess.Popen`."""

    returncode: int | None

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code when it has ended; raises TimeoutExpired."""

    def send_signal(self, sig: int, /) -> None:
        """Send a signal."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it."""

    def pause(self) -> AbstractContextManager[None]:
        """Have it stand still, and all that it started, for as long as the block lasts; it goes on where it was."""

    def cut_off(self) -> AbstractContextManager[None]:
        """Have nobody reach it over the network, nor it anybody, for as long as the block lasts."""


class Running:
    """One started part."""

    def __init__(self, part: Part, log: Path, process: Child) -> None:
        self.part = part
        self.log = log
        self.process = process
        self.moment = "while it was starting" if part.ready else "during the run"

    def tail(self) -> str:
        """Return the last lines of the part's log, each indented."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        return "\n".join(f"    {line}" for line in lines) or "    (it wrote nothing)"

    def check(self) -> None:
        """Raise a StackError if the part has ended."""
        code = self.process.poll()
        if code is not None:
            raise StackError(
                f"{self.part.name} exited {self.moment} ({ending(code)})."
                f" The end of its log, {self.log}:\n{self.tail()}"
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
                status = client.get(url).status_code
            except httpx.InvalidURL as error:
                raise StackError(f"{self.part.name}: {url!r} is no address: {error}") from None
            except httpx.HTTPError as error:
                raise wait.NotYet(f"{url}: {error or type(error).__name__}") from None
            if status >= httpx.codes.BAD_REQUEST:
                raise wait.NotYet(f"{url} answers {status}")

        try:
            with plain_http.client(seconds=2) as client:
                wait.until(answers, what=f"{self.part.name} ready", seconds=self.part.seconds, alive=self.check)
        except DeadlineError as error:
            raise StackError(f"{error}. The end of its log, {self.log}:\n{self.tail()}") from None
        self.moment = "during the run"

    def stop(self) -> int:
        """Ask the part to end, kill it when it does not, and return its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(self.part.end_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def ending(code: int) -> str:
    """Return how a process ended, from its return code."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
