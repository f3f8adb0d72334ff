"""Parts of a run as child processes: started in parallel, watched, and ended in every way that a run can end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self

import psutil

from promdrill import conventions
from promdrill.errors import StackError
from promdrill.stack import binaries, guard
from promdrill.stack.docker_run import docker_run
from promdrill.stack.part import Running, ending
from promdrill.stack.ports import Ports
from promdrill.stack.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from promdrill.stack.part import Part
    from promdrill.stack.webhook import Inbox


class Process(subprocess.Popen[bytes]):
    """A child process."""

    @contextlib.contextmanager
    def pause(self) -> Iterator[None]:
        """Stop it and its children by signal; a run that is interrupted lets them go on, so that they can end."""
        try:
            itself = psutil.Process(self.pid)
            family = [itself, *itself.children(recursive=True)]
        except psutil.NoSuchProcess as error:
            raise StackError(f"it cannot be frozen: {error}") from error
        for process in family:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGCONT)

    def cut_off(self) -> NoReturn:
        """Refuse: loopback is everybody's."""
        raise StackError("a process cannot be cut off from its network: drill with `--stack containers`")


class Processes:
    """The child processes of one run. Use it as a context manager: on leaving, nothing remains.

    Logs go into `logs`, each part's into a file of its name; without it, into a temporary folder. `folder` is what a
    container may write into.
    """

    kind = "processes"

    def __init__(self, logs: Path | None = None, folder: Path | None = None) -> None:
        self.run = uuid.uuid4().hex
        self.ports = Ports()
        self._running: list[Running] = []
        # A run may be a part of another, whose guard is to end the run and not its guard.
        environment = {name: value for name, value in os.environ.items() if name != conventions.RUN_VARIABLE}
        self._guard = subprocess.Popen(
            [*conventions.PYTHON, str(Path(guard.__file__)), conventions.RUN_VARIABLE, self.run],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
            text=True,
        )
        self._logs = logs or self.temporary_folder()
        self._folder = folder

    @staticmethod
    def listening(host: str = conventions.LOOPBACK) -> str:
        """Return the address at which a part listens that is to be reached at this one."""
        return host

    @staticmethod
    def address_of(part: str, port: int, host: str = conventions.LOOPBACK) -> str:  # noqa: ARG004 - as containers have it
        """Return where other parts reach one, as host:port."""
        return f"{host}:{port}"

    @staticmethod
    def program(name: str, announce: Callable[[str], None]) -> Path:
        """Return what runs Prometheus or Alertmanager; fetches it where the machine has none."""
        return binaries.find(name, announce=announce).path

    def receiver(self, opened: contextlib.ExitStack, folder: Path) -> tuple[Inbox, list[Part]]:  # noqa: ARG002 - as above
        """Return what receives notifications for as long as `opened` is, and the parts that it needs."""
        return opened.enter_context(Webhook(self.ports.take())), []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        with ignore_signals():
            for running in reversed(self._running):
                if running.process.poll() is None:
                    running.process.terminate()
            for running in reversed(self._running):
                running.stop()
            self._guard.communicate()
            self.ports.release()

    def start(self, part: Part) -> Running:
        """Start one part, without waiting for it."""
        if isinstance(part.image, str):
            part = docker_run(part, self.run, self._folder)
            self.remove_containers()
        log = self._logs / f"{part.name}.log"
        try:
            with log.open("ab") as output:
                process = Process(
                    list(part.command),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=self._environment(part),
                    cwd=part.directory,
                    start_new_session=True,  # a Ctrl-C in the terminal is ours to handle, in our order
                )
        except OSError as error:
            raise StackError(f"{part.name} did not start: {error}") from error
        return self._add(Running(part, log, process))

    def _environment(self, part: Part) -> dict[str, str]:
        # All addresses are loopback's: a proxy that the user's shell names must not come between them.
        inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        return {**inherited, conventions.RUN_VARIABLE: self.run, "PYTHONUNBUFFERED": "1", **part.environment}

    def _add(self, running: Running) -> Running:
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

    def end(self, running: Running) -> int:
        """End one part before the others, and return its exit code."""
        code = running.stop()
        self._running.remove(running)
        return code

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

    def remove_containers(self) -> None:
        """Have all containers and networks of this run removed when it ends, however it ends."""
        self._to_remove("containers", self.run)

    def _to_remove(self, what: str, name: str) -> None:
        if self._guard.stdin is not None:
            self._guard.stdin.write(f"{what} {name}\n")
            self._guard.stdin.flush()


@contextlib.contextmanager
def ignore_signals() -> Iterator[None]:
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
