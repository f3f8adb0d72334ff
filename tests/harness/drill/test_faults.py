from __future__ import annotations

import contextlib
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from promdrill import wait
from promdrill.contract.drill import Freeze, LockedDatabase
from promdrill.drill.faults import active
from promdrill.errors import StackError
from promdrill.stack.part import Part
from promdrill.stack.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.stack.part import Running

LOCK = LockedDatabase(service="sqlite", file="{work}/app.db", hold=0.2, every=0.3)
FREEZE = Freeze(service="app", effect="freeze")


@dataclass(frozen=True)
class Struck:
    """What a fault sees of a stack: the app's process, and where its files are."""

    work: Path
    app_process: Running | None = None

    def fill_in(self, text: str) -> str:
        """Return a text of the drill with its placeholder filled in."""
        return text.format(work=self.work)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database of the app's, whose statements do not wait for a lock."""
    with contextlib.closing(sqlite3.connect(tmp_path / "app.db", timeout=0, isolation_level=None)) as database:
        database.execute("CREATE TABLE jobs (id)")
        yield database


def works(database: sqlite3.Connection) -> bool:
    """Tell whether the app can read and write just now."""
    try:
        database.execute("INSERT INTO jobs VALUES (1)")
    except sqlite3.OperationalError:
        return False
    return True


def awaited(database: sqlite3.Connection, *, working: bool) -> None:
    """Return once the database works, or does not."""

    def looked() -> None:
        if works(database) is not working:
            raise wait.NotYet(f"it does {'not ' if working else ''}work")

    wait.until(looked, what="the lock", seconds=60, every=0.005)


def test_lock(tmp_path: Path, database: sqlite3.Connection) -> None:
    """A locked database is locked again and again, works in between, and is free once the fault has ended."""
    with active("lock", LOCK, Struck(tmp_path)):  # type: ignore[arg-type]  # the part of a stack that it sees
        for working in (False, True, False, True):
            awaited(database, working=working)
    assert works(database)


def test_lock_of_nothing(tmp_path: Path) -> None:
    """A database that is not there is told, and not made."""
    with pytest.raises(StackError) as raised, active("lock", LOCK, Struck(tmp_path)):  # type: ignore[arg-type]  # as above
        pass
    told = f"the database {tmp_path}/app.db could not be locked: unable to open database file"
    assert (str(raised.value), list(tmp_path.iterdir())) == (told, [])


@pytest.fixture
def app() -> Iterator[Running]:
    """An app that does nothing for a minute, with a child that does the same."""
    sleeper = (
        "import subprocess, sys, time; sys.argv[1:] and subprocess.Popen([sys.executable, __file__]); time.sleep(60)"
    )
    with Processes() as processes:
        script = processes.temporary_folder() / "app.py"
        script.write_text(sleeper, encoding="utf-8")
        running = processes.start(Part("app", [sys.executable, str(script), "with a child"], {}))

        def has_child() -> None:
            if not psutil.Process(running.process.pid).children():
                raise wait.NotYet("no child")

        wait.until(has_child, what="its child", seconds=60)
        yield running


def awaited_states(app: Running, *, stopped: bool) -> None:
    """Return once the app and its child both stand still, or neither does: a signal takes its time to arrive."""
    process = psutil.Process(app.process.pid)

    def looked() -> None:
        states = {one.status() for one in (process, *process.children())}
        if (states == {psutil.STATUS_STOPPED}) is not stopped or (psutil.STATUS_STOPPED in states) is not stopped:
            raise wait.NotYet(f"they are {states}")

    wait.until(looked, what="the app's state", seconds=60, every=0.005)


def test_freeze(app: Running) -> None:
    """A frozen app stands still with its children, and goes on afterwards."""
    with active("frozen", FREEZE, Struck(Path(), app)):  # type: ignore[arg-type]  # as above
        awaited_states(app, stopped=True)
    awaited_states(app, stopped=False)


def test_thawed_after_an_interruption(app: Running) -> None:
    """An app that is frozen when the run is interrupted goes on, so that it can be ended."""
    with pytest.raises(KeyboardInterrupt), active("frozen", FREEZE, Struck(Path(), app)):  # type: ignore[arg-type]  # as above
        raise KeyboardInterrupt
    awaited_states(app, stopped=False)


def test_freeze_of_an_app_that_is_not_ours() -> None:
    """An app that the run did not start cannot be frozen."""
    with (
        pytest.raises(StackError, match="the app was not started by this run, so it cannot be frozen"),
        active("frozen", FREEZE, Struck(Path())),  # type: ignore[arg-type]  # as above
    ):
        pass
