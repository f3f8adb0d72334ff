"""Whose a container is: the labels of all that a run makes in an engine, and whether that run is still there."""

from __future__ import annotations

from pathlib import Path

import psutil

from promdrill.conventions import OWNER_LABEL, RUN_LABEL


def labels(run: str) -> dict[str, str]:
    """Return the labels of all containers and networks of a run, which is this process's."""
    return {RUN_LABEL: run, OWNER_LABEL: _name(psutil.Process())}


def has_ended(owner: str) -> bool:
    """Tell whether the process that a label names has ended; one of another machine is not known to have."""
    machine, _, itself = owner.partition(" process ")
    if machine != _machine():
        return False
    try:
        return _name(psutil.Process(int(itself.partition(" ")[0]))) != owner
    except psutil.NoSuchProcess:
        return True


def _name(process: psutil.Process) -> str:
    """Return a name that no other process has: this boot, this set of process numbers, its number and its start."""
    return f"{_machine()} process {process.pid} {process.create_time():.2f}"


def _machine() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot} {Path('/proc/self/ns/pid').stat().st_ino}"
