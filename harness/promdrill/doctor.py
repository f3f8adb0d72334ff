"""Looks at whether this machine can do a run: what is there, in which version, what is missing and what to do about it.

It looks as a run does, so Prometheus and Alertmanager are fetched into the cache if need be.
"""

from __future__ import annotations

import json
import platform
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib import metadata
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from promdrill.errors import Exit, StackError
from promdrill.stack.binaries import TOOLS, BinaryNotFoundError, find

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LOCUST = (2, 37)
# One run's evidence takes some ten megabytes; the rest is for Prometheus's own files and what is fetched.
_FREE_BYTES = 500_000_000
# The app, Prometheus, Alertmanager, Locust, the control plane, five fakes, the webhook, and some to spare.
_PORTS = 16


class Availability(StrEnum):
    """What can be said of one thing that a run needs."""

    FOUND = "found"
    MISSING = "missing"
    TOO_OLD = "too old"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for. `remedy` is empty where nothing is to be done; `needed` is false for extras."""

    name: str
    state: Availability
    version: str = ""
    origin: str = ""
    path: str = ""
    remedy: str = ""
    needed: bool = True


def diagnose(
    *, env: Mapping[str, str] | None = None, announce: Callable[[str], None] | None = None
) -> tuple[Finding, ...]:
    """Return what a run needs and whether it is there, the needed things first.

    `env` and `announce` are passed on to `find`. Never raises for what is missing.
    """
    return (
        *(_tool(name, env, announce) for name in TOOLS),
        _python(),
        _locust(),
        _disk(Path.cwd()),
        _ports(),
        _docker(),
    )


def doctor_report(
    *,
    as_json: bool = False,
    env: Mapping[str, str] | None = None,
    announce: Callable[[str], None] | None = None,
) -> tuple[str, Exit]:
    """Return the diagnosis as text, or as JSON, and the exit code: passed if a run can be done, else inconclusive."""
    findings = diagnose(env=env, announce=announce)
    ready = all(finding.state is Availability.FOUND for finding in findings if finding.needed)
    if as_json:
        text = json.dumps(
            {"schema": 1, "ready": ready, "findings": [asdict(finding) for finding in findings]}, indent=2
        )
    else:
        text = render(findings)
    return text, Exit.PASSED if ready else Exit.INCONCLUSIVE


def render(findings: tuple[Finding, ...]) -> str:
    """Return a table of the findings, and below it what to do about those that are not in order."""
    table = Table(box=None, pad_edge=False)
    for column in ("", "state", "version", "from", "path"):
        table.add_column(column)
    for finding in findings:
        state = finding.state if finding.needed else f"{finding.state} (optional)"
        table.add_row(finding.name, state, finding.version, finding.origin, finding.path)
    # Wide enough for any path: one that is broken over two lines cannot be copied.
    console = Console(file=StringIO(), width=1000, markup=False)
    with console.capture() as captured:
        console.print(table)
    lines = [line.rstrip() for line in captured.get().splitlines()]
    remedies = [f"\n{finding.name}: {finding.remedy}" for finding in findings if finding.remedy]
    return "\n".join(lines + remedies)


def _tool(name: str, env: Mapping[str, str] | None, announce: Callable[[str], None] | None) -> Finding:
    try:
        found = find(name, env=env, announce=announce or (lambda _: None))
    except BinaryNotFoundError as error:
        if old := error.outdated:
            return Finding(name, Availability.TOO_OLD, old.version, old.origin, str(old.path), str(error))
        return Finding(name, Availability.MISSING, remedy=str(error))
    except StackError as error:
        return Finding(name, Availability.MISSING, remedy=str(error))
    return Finding(name, Availability.FOUND, found.version, found.origin, str(found.path))


def _python() -> Finding:
    # An older one than we support would not have come this far; the Makefile says so before.
    return Finding("python", Availability.FOUND, platform.python_version(), path=sys.executable)


def _locust() -> Finding:
    remedy = "Install what a run needs into this Python: pip install 'promdrill[run]', or `make drill` in a checkout."
    try:
        # Not imported: that would monkey-patch this process.
        version = metadata.version("locust")
    except metadata.PackageNotFoundError:
        return Finding("locust", Availability.MISSING, remedy=remedy)
    major, minor = version.split(".")[:2]
    state = Availability.FOUND if (int(major), int(minor)) >= _LOCUST else Availability.TOO_OLD
    return Finding("locust", state, version, "this Python", remedy="" if state is Availability.FOUND else remedy)


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    if free >= _FREE_BYTES:
        return Finding("disk space", Availability.FOUND, f"{free / 1e9:.1f} GB free", path=str(folder))
    remedy = f"{free / 1e6:.0f} MB are free; a run's evidence needs {_FREE_BYTES / 1e6:.0f} MB."
    return Finding("disk space", Availability.MISSING, f"{free / 1e9:.1f} GB free", path=str(folder), remedy=remedy)


def _ports() -> Finding:
    """Look whether the stack's ports can be had, by taking and leaving as many."""
    try:
        with ExitStack() as held:
            for _ in range(_PORTS):
                held.enter_context(socket.create_server(("127.0.0.1", 0)))
    except OSError as error:
        remedy = f"A run needs {_PORTS} ports of 127.0.0.1, but could not get them: {error}."
        return Finding("loopback ports", Availability.MISSING, remedy=remedy)
    return Finding("loopback ports", Availability.FOUND)


def _docker() -> Finding:
    path = shutil.which("docker")
    if not path:
        return Finding("docker", Availability.MISSING, needed=False)
    try:
        command = [path, "version", "--format", "{{.Server.Version}}"]
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return Finding("docker", Availability.MISSING, origin="does not answer", path=path, needed=False)
    if ended.returncode:
        return Finding("docker", Availability.MISSING, origin="no daemon answers", path=path, needed=False)
    return Finding("docker", Availability.FOUND, ended.stdout.strip(), path=path, needed=False)
