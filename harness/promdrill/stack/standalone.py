"""Fakes without a stack: in a process of their own, for a shell or for somebody's own tests."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill import extras, wait
from promdrill.conventions import PYTHON
from promdrill.errors import DeadlineError, StackError, UsageError
from promdrill.stack.fakes import FakesControl
from promdrill.stack.part import Part, ending
from promdrill.stack.processes import Processes
from promdrill_fakes.catalogue import fakes
from promdrill_fakes.client import Fake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from promdrill.stack.part import Running

CONTROL = "control"
# The exit codes of fakes that refuse to start: a port cannot be had, or the configuration is wrong.
REFUSALS = (1, 2)
START_SECONDS = 30.0


@contextlib.contextmanager
def serve(ports: Mapping[str, int], options: Sequence[str] = (), control: int = 0) -> Iterator[RunningFakes]:
    """Serve these fakes, each on its port (0: any free one), until the context ends.

    `options` are further ones of `python -m promdrill_fakes`.

    Raises:
        UsageError: a library is not installed, a port cannot be had, or the configuration is refused.
        StackError: they did not start.
    """
    extras.require(extras.RUN, "a fake")
    serving = [f"--serve={name}={port}" for name, port in ports.items()]
    command = [*PYTHON, "-m", "promdrill_fakes", f"--control={control}", *serving, *options]
    with Processes() as processes:
        running = processes.start(Part("fakes", command, {}, seconds=START_SECONDS))
        try:
            urls = wait.until(
                lambda: _announced_urls(running),
                what="the fakes serving",
                seconds=START_SECONDS,
                alive=lambda: _check_alive(running),
            )
        except DeadlineError as error:
            raise StackError(f"{error}. The end of its log, {running.log}:\n{running.tail()}") from None
        with FakesControl(urls[CONTROL]) as client:
            yield RunningFakes(urls, client, processes.alive)


def _announced_urls(running: Running) -> dict[str, str]:
    """Return what the fakes say when all of them listen: their URLs, as one line of JSON."""
    line, end, _ = running.log.read_text(encoding="utf-8").partition("\n")
    if not end:
        raise wait.NotYet("nothing announced")
    try:
        return dict(json.loads(line))
    except ValueError:
        raise wait.NotYet(line) from None


def _check_alive(running: Running) -> None:
    if (code := running.process.poll()) is None:
        return
    if code in REFUSALS:
        raise UsageError(running.log.read_text(encoding="utf-8").strip().removeprefix("promdrill_fakes: "))
    raise StackError(f"the fakes did not start ({ending(code)}):\n{running.tail()}")


@dataclass(frozen=True, slots=True)
class RunningFakes:
    """Fakes that are up: the URL of each and of their control plane; `alive` raises a StackError once they are not."""

    urls: Mapping[str, str]
    control: FakesControl
    alive: Callable[[], None]

    def fake(self, name: str) -> Fake:
        """Return one of them."""
        return Fake(name, self.urls[name], self.control)

    def environment(self) -> dict[str, str]:
        """Return the environment variables that point clients at them.

        Those that have none of their own get one that an app may read.
        """
        return environment(self.urls)


def environment(urls: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables that point clients at these fakes, and at their control plane."""
    found: dict[str, str] = {}
    for name, url in urls.items():
        found |= {"PROMDRILL_CONTROL": url} if name == CONTROL else fakes()[name].variables(url)
    return found
