from __future__ import annotations

import io
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from promdrill import wait
from promdrill.stack import guard
from promdrill.stack.guard import processes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "PROMDRILL_TEST_OF_THE_GUARD"


@pytest.fixture
def run() -> str:
    """The id of a run."""
    return uuid.uuid4().hex


@pytest.fixture
def marked(run: str) -> Iterator[subprocess.Popen[str]]:
    """A process of that run, which has read nothing yet."""
    with subprocess.Popen(
        [sys.executable, "-c", "print('up', flush=True); input()"],
        env={VARIABLE: run},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process
        process.kill()


def guarding(run: str) -> subprocess.Popen[str]:
    """Start the guard of a run."""
    return subprocess.Popen(
        [sys.executable, str(Path(guard.__file__)), VARIABLE, run], stdin=subprocess.PIPE, text=True
    )


def test_finds_by_the_run(run: str, marked: subprocess.Popen[str]) -> None:
    """The processes of a run are those that carry its id, and no others."""
    assert [process.pid for process in processes_of(run, VARIABLE)] == [marked.pid]
    assert processes_of("another", VARIABLE) == []


def test_ends_what_is_left(run: str, marked: subprocess.Popen[str], tmp_path: Path) -> None:
    """When its input closes, the guard kills what is left of the run, removes the folders, and ends."""
    (tmp_path / "one" / "two").mkdir(parents=True)
    with guarding(run) as process:
        process.communicate(f"folder {tmp_path / 'one'}\nfolder {tmp_path / 'never-made'}\n")
    assert (process.returncode, marked.wait()) == (0, -9)
    assert list(tmp_path.iterdir()) == []


def test_without_an_engine(run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no engine answers there is nothing to remove, and nothing is amiss."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none")
    with guarding(run) as process:
        process.communicate(f"containers {run}\n")
    assert process.returncode == 0


def test_leaves_others_alone(marked: subprocess.Popen[str]) -> None:
    """The guard of one run does not touch another's processes."""
    with guarding("another") as process:
        process.communicate("")
    assert marked.poll() is None


def test_outlives_signals(run: str, marked: subprocess.Popen[str]) -> None:
    """A Ctrl-C or a request to end does not end the guard before its parent."""
    with guarding(run) as process:

        def deaf() -> None:
            mask = int(
                next(
                    line
                    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
                    if line.startswith("SigIgn")
                ).split()[1],
                16,
            )
            if not all(mask >> (number - 1) & 1 for number in (1, 2, 15)):
                raise wait.NotYet(f"{mask:x}")

        wait.until(deaf, what="the guard ignores signals", seconds=30)
        for number in (1, 2, 15):
            process.send_signal(number)
        assert marked.poll() is None
        process.communicate("")
    assert (process.returncode, marked.wait()) == (0, -9)


def test_gives_up(run: str, marked: subprocess.Popen[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be killed holds the guard up for its deadline only, and the folders are removed all the same."""

    def refuse(process: psutil.Process) -> None:
        raise psutil.AccessDenied(process.pid)

    (tmp_path / "one").mkdir()
    monkeypatch.setattr(psutil.Process, "kill", refuse)
    monkeypatch.setattr(guard, "SECONDS", 0.1)
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the guard's own process ignores them, not this one
    monkeypatch.setattr(sys, "argv", ["guard", VARIABLE, run])
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"folder {tmp_path / 'one'}\n"))
    guard.main()
    assert (marked.poll(), list(tmp_path.iterdir())) == (None, [])
