from __future__ import annotations

import contextlib
import fcntl
import os
import random
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promdrill.errors import StackError
from promdrill.stack import ports
from promdrill.stack.ports import Ports, is_free
from tests.words import generic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syrupy.assertion import SnapshotAssertion

# Others of each test process, since one of the tests listens on one.
FIRST = 14_000 + os.getpid() % 1000 * 4
FOUR = range(FIRST, FIRST + 4)


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine of four ports, with locks of its own."""
    monkeypatch.setattr(ports, "FIRST", FOUR.start)
    monkeypatch.setattr(ports, "LAST", FOUR.stop - 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def hands(four: None) -> Iterator[tuple[Ports, Ports]]:  # noqa: ARG001 - what they draw from
    """The ports of two runs."""
    pair = Ports(), Ports()
    yield pair
    for one in pair:
        one.release()


def free() -> set[int]:
    """Return those of the four that nothing else on this machine has bound."""
    return {port for port in FOUR if is_free(port)}


def test_never_twice(hands: tuple[Ports, Ports], snapshot: SnapshotAssertion) -> None:
    """Two runs never get the same port: together they get each once, and then none is left."""
    expected = free()
    taken = [hands[index % 2].take() for index in range(len(expected))]
    assert sorted(taken) == sorted(expected)
    with pytest.raises(StackError) as raised:
        hands[0].take()
    assert generic(str(raised.value), first=FOUR[0], last=FOUR[-1]) == snapshot


def test_released(hands: tuple[Ports, Ports]) -> None:
    """What a run has given back another one can take."""
    first = {hands[0].take() for _ in free()}
    hands[0].release()
    assert {hands[1].take() for _ in first} == first


def locks() -> list[str]:
    """Return the names of the lock files that there are."""
    return sorted(path.name for path in Path(tempfile.gettempdir()).glob("promdrill-ports-*/*"))


def test_no_lock_file_is_left(hands: tuple[Ports, Ports]) -> None:
    """A lock file is there as long as its port is taken, and no longer."""
    taken = sorted(str(hands[0].take()) for _ in free())
    assert locks() == taken
    hands[0].release()
    assert locks() == []


def test_no_lock_file_of_a_port_in_use(hands: tuple[Ports, Ports]) -> None:
    """A port that turns out to be in use leaves no lock file either."""
    with contextlib.ExitStack() as opened:
        for port in free():
            opened.enter_context(socket.create_server(("127.0.0.1", port)))
        with pytest.raises(StackError):
            hands[0].take()
    assert locks() == []


def test_given_back_while_it_was_locked(hands: tuple[Ports, Ports], monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock on a file that its holder has just removed counts for nothing: the port is locked anew."""
    first, second = hands
    port = first.take()
    monkeypatch.setattr(ports, "FIRST", port)
    monkeypatch.setattr(ports, "LAST", port)
    flock = fcntl.flock

    def late(lock: int, operation: int) -> None:
        first.release()  # between the second's open and its lock
        flock(lock, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    assert second.take() == port
    assert locks() == [str(port)]


def test_released_by_a_kill(hands: tuple[Ports, Ports]) -> None:
    """What a killed process had taken is free at once; its lock files go when the next one gives the ports back."""
    code = f"""
import signal, tempfile
from promdrill.stack import ports
tempfile.tempdir, ports.FIRST, ports.LAST = {tempfile.gettempdir()!r}, {FOUR[0]}, {FOUR[-1]}
mine = ports.Ports()
print(*(mine.take() for _ in range({len(free())})), flush=True)
signal.pause()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        taken = killed.stdout.readline().split()
        with pytest.raises(StackError):
            hands[0].take()
        killed.kill()
        killed.wait()
    assert sorted(str(hands[0].take()) for _ in taken) == sorted(taken) == locks()
    hands[0].release()
    assert locks() == []


def test_bound_elsewhere(hands: tuple[Ports, Ports]) -> None:
    """A port on which somebody listens is not given."""
    usable = sorted(free())
    with socket.create_server(("127.0.0.1", usable[0])):
        assert not is_free(usable[0])
        assert {hands[0].take() for _ in usable[1:]} == set(usable[1:])
    assert is_free(usable[0])


def test_range() -> None:
    """Ports lie below those that the kernel gives to outgoing connections, and above the privileged."""
    mine = Ports()
    try:
        taken = [mine.take() for _ in range(20)]
    finally:
        mine.release()
    assert len(set(taken)) == 20
    assert all(12_000 <= port <= 32_000 for port in taken)


def test_seed_of_the_caller() -> None:
    """Two runs with one seed do not draw the same ports in step, for the locks hold them apart."""
    pair = Ports(), Ports()
    try:
        random.seed(1)
        first = pair[0].take()
        random.seed(1)
        assert pair[1].take() != first
    finally:
        for one in pair:
            one.release()
