"""Fakes that are held for a shell: what `promdrill fake` was asked for, and what it prints."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill import wait
from promdrill.conventions import LOOPBACK
from promdrill.errors import UsageError, did_you_mean
from promdrill.stack.standalone import environment, serve
from promdrill_fakes.catalogue import named, names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from promdrill.stack.standalone import RunningFakes

LARGEST = 65535


@dataclass(frozen=True, slots=True)
class FakeOptions:
    """What is to be served: the names of fakes, `[FAKE=]PORT` for each that has one, and how."""

    fakes: Sequence[str]
    ports: Sequence[str] = ()
    control: int = 0
    config: Path | None = None
    host: str = LOOPBACK
    tls: Sequence[str] = ()
    ca_file: Path | None = None
    as_json: bool = False

    def options(self) -> list[str]:
        """Return the options that the fakes take themselves."""
        files = {"--config": self.config, "--ca-file": self.ca_file}
        given = [f"{option}={path}" for option, path in files.items() if path]
        return [f"--host={self.host}", *given, *(f"--tls={name}" for name in self.tls)]


def run_fakes(fake_options: FakeOptions, echo: Callable[[str], None]) -> None:
    """Serve fakes, say once where they are, and hold them until interrupted.

    Raises:
        UsageError: what is wanted is not there, a port cannot be had, or the configuration is refused.
        StackError: the fakes did not start, or died.
    """
    chosen = ports(fake_options.fakes, fake_options.ports)
    if strangers := set(fake_options.tls) - set(chosen):
        raise UsageError(f"--tls {', '.join(sorted(strangers))}: not among {', '.join(chosen)}")
    try:
        with serve(chosen, fake_options.options(), fake_options.control) as fakes:
            echo(as_json(fakes) if fake_options.as_json else as_shell(fakes))
            while True:
                wait.hold(3600, alive=fakes.alive)
    except KeyboardInterrupt:
        return  # it is how this ends


def as_json(fakes: RunningFakes) -> str:
    """Return URLs and environment variables as one line of JSON."""
    return json.dumps({"urls": dict(fakes.urls), "environment": fakes.environment()})


def as_shell(fakes: RunningFakes) -> str:
    """Return the environment variables as a shell takes them, with the URLs as comments."""
    lines = []
    for name, url in fakes.urls.items():
        lines.append(f"# {name:10}  {url}")
        lines += [f"export {variable}={shlex.quote(value)}" for variable, value in environment({name: url}).items()]
    return "\n".join([*lines, "# Ctrl-C ends them."])


def ports(fakes: Sequence[str], given: Sequence[str]) -> dict[str, int]:
    """Return the port of each fake that was named, 0 where none was given.

    Raises:
        UsageError: a name is none, or a port is none, or is for none of them.
    """
    chosen = dict.fromkeys((one for name in fakes for one in _fake_names(name)), 0)
    for text in given:
        name, named, port = text.rpartition("=")
        if not named and len(chosen) > 1:
            raise UsageError(f"--port {text}: name the fake, for example {next(iter(chosen))}={text}")
        name = name if named else next(iter(chosen))
        if name not in chosen:
            raise UsageError(f"--port {text}: {name!r} is not among {', '.join(chosen)}")
        if not port.isdecimal() or int(port) > LARGEST:
            raise UsageError(f"--port {text}: {port!r} is not a port")
        chosen[name] = int(port)
    return chosen


def _fake_names(name: str) -> tuple[str, ...]:
    """Return the fakes that a name means: one, or all of a service.

    Raises:
        UsageError: there is neither.
    """
    if not (found := named(name)):
        raise UsageError(f"there is no fake {name!r}{did_you_mean(name, names())}: {', '.join(names())}")
    return tuple(fake.name for fake in found)
