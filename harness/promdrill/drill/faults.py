"""Faults of a phase, switched on and off: those of the fakes by their control plane, the others by what they strike."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from typing import TYPE_CHECKING

from promdrill.contract.drill import Cut, Freeze, LockedDatabase
from promdrill.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.contract.drill import AnyFault
    from promdrill.stack.part import Child
    from promdrill.stack.stack import Stack


@contextlib.contextmanager
def active(name: str, fault: AnyFault, stack: Stack) -> Iterator[None]:
    """Have a fault strike for as long as the block lasts.

    Raises:
        StackError: it cannot be switched on, or off again.
    """
    match fault:
        case Freeze():
            strike = _app(stack, "frozen").pause()
        case Cut():
            strike = _app(stack, "cut off").cut_off()
        case LockedDatabase():
            strike = _lock(stack.fill_in(fault.file), fault.hold, fault.every)
        case _:
            strike = _in_fakes(name, fault, stack)
    with strike:
        yield


@contextlib.contextmanager
def _in_fakes(name: str, fault: dict[str, object], stack: Stack) -> Iterator[None]:
    stack.control.put_fault(name, fault)
    yield
    stack.control.delete_fault(name)


def _app(stack: Stack, done: str) -> Child:
    if stack.app_process is None:
        raise StackError(
            f"the app was not started by this run, so it cannot be {done}; take the fault out of drill.yml"
        )
    return stack.app_process.process


@contextlib.contextmanager
def _lock(file: str, hold: float, every: float) -> Iterator[None]:
    """Hold SQLite's exclusive lock in a thread of its own, `hold` seconds of every `every`."""
    ended = threading.Event()
    failed: list[sqlite3.Error] = []

    def lock() -> None:
        try:
            with contextlib.closing(
                sqlite3.connect(f"file:{file}?mode=rw", uri=True, isolation_level=None)
            ) as database:
                while not ended.is_set():
                    # The app may be writing at this moment; it lets go in a while.
                    database.execute("PRAGMA busy_timeout = 10000")
                    database.execute("BEGIN EXCLUSIVE")
                    ended.wait(hold)
                    database.execute("ROLLBACK")
                    ended.wait(max(0.0, every - hold))
        except sqlite3.Error as error:
            failed.append(error)

    thread = threading.Thread(target=lock, name="lock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if failed:
        raise StackError(f"the database {file} could not be locked: {failed[0]}")
