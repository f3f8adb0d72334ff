"""Forks of a process that has imported a module, as a lane starts them."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from promdrill.conventions import PYTHON
from promdrill.matrix.forks import Forks, ModuleCommand
from promdrill.stack.part import Part
from promdrill.stack.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVED = """
import os, sys, imported_once

if __name__ == "__main__":
    print(imported_once.BY, os.getpid() != imported_once.BY, os.environ["TOLD"], os.getcwd(), sys.argv[1], flush=True)
    if sys.argv[1] == "wait":
        import time
        time.sleep(600)
    sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Processes whose logs lie in a folder."""
    (tmp_path / "served.py").write_text(SERVED, encoding="utf-8")
    (tmp_path / "imported_once.py").write_text("import os\nBY = os.getpid()\n", encoding="utf-8")
    with Processes(tmp_path) as started:
        yield started


@pytest.fixture
def forks(processes: Processes, tmp_path: Path) -> Forks:
    """Forks of a process that has imported a module, in a folder that is not -P's business."""
    command = ModuleCommand((sys.executable,), "served", ())
    return Forks("served", command, ["imported_once"], processes, str(tmp_path))


def part(tmp_path: Path, *arguments: str) -> Part:
    """Return a part that is that module."""
    return Part("served", [sys.executable, "-m", "served", *arguments], {}, directory=str(tmp_path))


def test_a_fork_runs_as_the_command_would(forks: Forks, tmp_path: Path) -> None:
    """It has its own arguments, environment, folder and log, and its exit code comes back."""
    log = tmp_path / "log"
    codes = [
        forks.start(part(tmp_path, code), {**os.environ, "TOLD": f"no. {code}"}, log).wait(60) for code in ("0", "3")
    ]
    lines = log.read_text(encoding="utf-8").splitlines()
    imported = lines[0].split()[0]
    assert codes == [0, 3]
    assert lines == [f"{imported} True no. {code} {tmp_path} {code}" for code in ("0", "3")]


def test_a_fork_is_ended(forks: Forks, tmp_path: Path) -> None:
    """A signal ends it, and is its exit code; another goes nowhere."""
    fork = forks.start(part(tmp_path, "wait"), {**os.environ, "TOLD": ""}, tmp_path / "log")
    assert fork.poll() is None
    fork.terminate()
    assert fork.wait(60) == -signal.SIGTERM
    fork.kill()
    assert fork.poll() == -signal.SIGTERM


def test_what_raises_ends_with_1(forks: Forks, tmp_path: Path) -> None:
    """An error of the module is in its log."""
    fork = forks.start(part(tmp_path, "0"), {**os.environ}, tmp_path / "log")
    assert fork.wait(60) == 1
    assert "KeyError: 'TOLD'" in (tmp_path / "log").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "parsed"),
    [
        (["python", "-m", "shop"], ModuleCommand(("python",), "shop", ())),
        ([*PYTHON, "-m", "shop", "--port", "1"], ModuleCommand(PYTHON, "shop", ("--port", "1"))),
        (["python", "shop.py", "-m", "x"], None),
        (["node", "shop.js"], None),
        (["python", "-m"], None),
    ],
)
def test_command(command: list[str], parsed: ModuleCommand | None) -> None:
    """Only a module that an interpreter runs can be run by a fork."""
    assert ModuleCommand.parse(command) == parsed
