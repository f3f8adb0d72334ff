"""What is true of containers alone: how they are locked up, and that none is left, however a run ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promdrill import conventions, wait
from promdrill.conventions import LOOPBACK
from promdrill.errors import StackError, UsageError
from promdrill.stack import engine
from promdrill.stack.containers import Containers
from promdrill.stack.image import OURS, PROMETHEUS, Image
from promdrill.stack.image_build import WHEELHOUSE_SETTING, ensure_image
from promdrill.stack.ownership import has_ended, labels
from promdrill.stack.part import Part
from tests import containers
from tests.parts import IDLE, await_log

if TYPE_CHECKING:
    from pathlib import Path

# A run with a container, which says which run it is and then waits to be ended.
RUN = """
import signal, sys
from pathlib import Path
from promdrill.stack.containers import Containers
from promdrill.stack.image import OURS
from promdrill.stack.part import Part
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has its background jobs ignore it
folder = Path(sys.argv[1])
with Containers(folder, folder, [], print) as parts:
    parts.start_all([Part("app", [sys.executable, "-c", "import signal; signal.pause()"], {}, image=OURS)])
    print(parts.run, flush=True)
    signal.pause()
"""


@pytest.fixture(autouse=True)
def _engine() -> None:
    containers.client()


def test_locked_up(tmp_path: Path) -> None:
    """A container of ours is not root, writes to nothing but the evidence and /tmp, and is reached on loopback only."""
    probe = (
        "import os, pathlib, re, shutil\n"
        "print(os.getuid(), os.access('/', os.W_OK), os.access('/tmp', os.W_OK), shutil.which('gcc'))\n"
        "print(*re.findall('(?:CapBnd|NoNewPrivs).*', pathlib.Path('/proc/self/status').read_text()))\n"
        f"pathlib.Path({str(tmp_path / 'written')!r}).write_text('x')\n" + IDLE
    )
    with Containers(tmp_path, tmp_path, [], print) as parts:
        port = parts.ports.take()
        app = parts.start_all([Part("app", [sys.executable, "-c", probe], {}, image=OURS, ports=(port,))])["app"]
        await_log(app, "up")
        [container] = containers.client().containers.list(filters={"label": f"{conventions.RUN_LABEL}={parts.run}"})
        host, bound = container.attrs["HostConfig"], container.attrs["NetworkSettings"]["Ports"]
    user = os.getuid() or 10001
    who, rights, _ = app.tail().split("\n")
    assert who.strip() == f"{user} False True None"
    assert rights.split() == ["CapBnd:", "0000000000000000", "NoNewPrivs:", "1"]
    assert (tmp_path / "written").stat().st_uid == user
    assert (host["ReadonlyRootfs"], host["Memory"], host["PidsLimit"]) == (True, 2 * 2**30, 1024)
    assert bound == {f"{port}/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}
    assert containers.left(parts.run) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended(tmp_path: Path, number: signal.Signals) -> None:
    """A run that is interrupted or killed leaves no container and no network: its guard sees to that."""
    with subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path)], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        name = next(line.strip() for line in iter(run.stdout.readline, "") if "mage" not in line)
        assert len(containers.left(name)) == 2
        run.send_signal(number)

    def none() -> None:
        if left := containers.left(name):
            raise wait.NotYet(str(left))

    wait.until(none, what="its containers removed", seconds=60)


def test_swept(tmp_path: Path) -> None:
    """What a run left whose guard was killed too is removed by the next run; what belongs to a live one is not."""
    client = containers.client()
    ended = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    own = labels("lives")
    machine, _, _ = own[conventions.OWNER_LABEL].partition(" process ")
    gone = {**labels("gone"), conventions.OWNER_LABEL: f"{machine} process {ended.pid} 1.00"}
    ended.communicate()
    try:
        for name, its in (("lives", own), ("gone", gone)):
            client.networks.create(f"promdrill-test-{name}-{os.getpid()}", labels=its)
        with Containers(tmp_path, tmp_path, [], print):
            assert (containers.left("gone"), len(containers.left("lives"))) == ([], 1)
    finally:
        engine.remove(client, "lives")
    assert containers.left("lives") == []


def test_whose() -> None:
    """A process is known by its number and its start; one of another machine is not known to have ended."""
    owner = labels("1")[conventions.OWNER_LABEL]
    machine, _, itself = owner.partition(" process ")
    number = itself.split()[0]
    ended = [has_ended(one) for one in (owner, f"{machine} process {number} 1.00", f"other process {number} 1.00", "")]
    assert ended == [False, True, False, False]


def test_no_such_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """An image that is not there and cannot be pulled is told, with the setting that names another."""
    monkeypatch.setenv(PROMETHEUS.setting, "localhost:1/none:1")
    with pytest.raises(StackError) as raised:
        ensure_image(containers.client(), PROMETHEUS, lambda _: None)
    first, last = str(raised.value).splitlines()
    assert first.startswith("the image localhost:1/none:1 is not there and cannot be pulled: ")
    assert last == "Name one that is there by PROMDRILL_PROMETHEUS_IMAGE."


def test_no_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheelhouse without a wheel is a slip, and told before anything is built."""
    monkeypatch.delenv(OURS.setting, raising=False)
    monkeypatch.setenv(WHEELHOUSE_SETTING, str(tmp_path))
    with pytest.raises(UsageError, match=f"{WHEELHOUSE_SETTING}: {tmp_path} has no wheels"):
        ensure_image(containers.client(), OURS, lambda _: None)


def test_an_image_that_cannot_be_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the build said last is told, and by which settings it can be helped."""
    monkeypatch.delenv(OURS.setting, raising=False)
    (tmp_path / "promdrill_is_not_this-1-py3-none-any.whl").write_bytes(b"no wheel")
    monkeypatch.setenv(WHEELHOUSE_SETTING, str(tmp_path))
    with pytest.raises(StackError) as raised:
        ensure_image(containers.client(), OURS, lambda _: None)
    told = str(raised.value)
    assert told.startswith("promdrill's image could not be built: ")
    assert "PROMDRILL_BASE_IMAGE names another" in told
    assert "PROMDRILL_IMAGE names an image that is there" in told


def test_a_container_that_does_not_start(tmp_path: Path) -> None:
    """What the engine refuses is told by the part's name; so is what a container ends at once of, with its log."""
    part = Part("app", ["no-such-command"], {}, ready="http://127.0.0.1:1/", image=OURS)
    with Containers(tmp_path, tmp_path, [], print) as parts:
        with pytest.raises(StackError, match="app exited while it was starting") as raised:
            parts.start_all([part])
        assert "No such file or directory" in str(raised.value)
        port = parts.ports.take()
        with socket.create_server((LOOPBACK, port)), pytest.raises(StackError) as raised:
            parts.start(replace(part, ports=(port,)))
        assert str(raised.value).startswith("app could not be started: ")
        assert "in use" in str(raised.value)


def test_settings_are_known() -> None:
    """Each image has a setting of its own, and the official ones are pinned."""
    assert isinstance(PROMETHEUS, Image)
    assert PROMETHEUS.reference is not None
    assert PROMETHEUS.reference.rpartition(":v")[2].count(".") == 2
