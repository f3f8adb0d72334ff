"""A load over several machines, shown with network namespaces: each has a network of its own, as a host would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from promdrill import conventions
from tests.e2e.command import Command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces are root's to make"),
    pytest.mark.skipif(not shutil.which("ip"), reason="there is no `ip` (iproute2) to make network namespaces with"),
]
# The one address that the workers can reach. Namespaces have addresses of their own, so no other run is in the way.
MASTER = "10.77.0.1"
WORKERS = (1, 2)
PROFILE = """
warm_up: 1s
measure: 3s
load:
  Reader: {users: 20, arrivals: {rate: 20, spacing: poisson}, count: 1}
"""


def ip(*arguments: str) -> str:
    """Return what `ip` answers."""
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


@dataclass(frozen=True)
class Machines:
    """Namespaces whose names begin alike."""

    prefix: str

    def name(self, place: str) -> str:
        """Return the name of one."""
        return f"{self.prefix}-{place}"

    def left(self) -> list[str]:
        """Return those that there are."""
        return [line.split()[0] for line in ip("netns", "list").splitlines() if line.startswith(self.prefix)]

    def add(self, place: str) -> str:
        """Make one, in which it can reach itself."""
        name = self.name(place)
        ip("netns", "add", name)
        ip("-n", name, "link", "set", "lo", "up")
        return name

    def connect(self, worker: int, master: str) -> None:
        """Lay a cable from a new worker's machine to the master's, with a route to its address and to no other."""
        name = self.add(f"worker{worker}")
        ip("-n", master, "link", "add", f"to{worker}", "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("-n", master, "address", "add", f"10.77.{worker}.1/30", "dev", f"to{worker}")
        ip("-n", master, "link", "set", f"to{worker}", "up")
        ip("-n", name, "address", "add", f"10.77.{worker}.2/30", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("-n", name, "route", "add", MASTER, "via", f"10.77.{worker}.1")


@pytest.fixture
def machines() -> Iterator[Machines]:
    """A master's machine and two workers' machines; afterwards none is left."""
    made = Machines(f"promdrill-test-{os.getpid()}")
    try:
        try:
            master = made.add("master")
        except subprocess.CalledProcessError as error:
            pytest.skip(f"network namespaces cannot be made here: {error.stderr.strip()}")
        ip("-n", master, "address", "add", f"{MASTER}/32", "dev", "lo")
        for worker in WORKERS:
            made.connect(worker, master)
        yield made
    finally:
        for name in made.left():
            ip("netns", "delete", name)
    assert made.left() == []


def _haiku(folder: Path) -> None:
    """Put a copy of the example there whose app listens where the master says, and a profile beside it."""
    shutil.copytree(conventions.ROOT / "docs" / "examples" / "haiku", folder / "haiku")
    drill = folder / "haiku" / "drill.yml"
    drill.write_text(drill.read_text().replace('PORT: "{port}"', 'PORT: "{port}", HOST: "{host}"'))
    (folder / "open.yml").write_text(PROFILE)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_workers_on_other_machines(machines: Machines, tmp_path: Path) -> None:
    """Each turn is taken once by one of two machines, and counters, ledgers and the clients' rows agree exactly."""
    neighbour = subprocess.run(
        ["ip", "-n", machines.name("worker1"), "route", "get", "10.77.2.2"], capture_output=True, check=False
    )
    assert neighbour.returncode, "a worker must have no way to the other"
    _haiku(tmp_path)
    lead = ["load", "./haiku", "--profile", "open.yml", "--master", "--expect-workers", "2", "--bind", MASTER]
    orders = {
        "master": [*lead, "--json", "v.json", "--evidence", "e"],
        **{f"worker{worker}": ["load", "./haiku", "--worker", "--master-host", MASTER] for worker in WORKERS},
    }
    started = {
        place: Command(order, tmp_path, within=("ip", "netns", "exec", machines.name(place)))
        for place, order in orders.items()
    }
    try:
        assert {place: one.ended() for place, one in started.items()} == dict.fromkeys(orders, 0), "\n".join(
            one.said() for one in started.values()
        )
    finally:
        for one in started.values():
            one.kill()
    results = json.loads((tmp_path / "v.json").read_text())["results"]
    assert {result["status"] for result in results} == {"passed"}
    sent, served = (_rows(tmp_path / "e" / "ledgers" / f"{name}.jsonl") for name in ("client", "ollama"))
    assert sorted(row["turn"] for row in sent) == list(range(len(sent)))
    assert sorted(row["trace"] for row in sent) == sorted(row["trace"] for row in served)
    counted = next(one for one in results if one["subject"] == "haiku_requests_total")["evidence"]
    assert (counted["ledger"], counted["prometheus"]) == (len(sent), len(sent))
    assert len(next(one for one in results if one["subject"] == "generator")["evidence"]["cpu"]) == len(WORKERS)
