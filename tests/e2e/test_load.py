"""A load of its own, as users run it: alone, in several processes, and over several machines."""

from __future__ import annotations

import json
import shutil
import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from promdrill import conventions, wait
from promdrill.checks.panel import panel
from promdrill.contract.dashboard_checks import read_dashboards
from promdrill.evidence import load_evidence
from promdrill.model import Status
from promdrill.stack.ports import Ports
from promdrill.stack.replay import prometheus_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.e2e.command import Command

pytestmark = pytest.mark.e2e
PROFILE = """
warm_up: 1s
measure: 3s
load:
  Reader: {users: 60, arrivals: {rate: 25, spacing: poisson, patience: 20s}, count: 1, tags: {kind: reader}}
gate: {lag: 5s, cpu: 2}
thresholds:
  - {that: "p(99) < 30s", of: {kind: reader}}
  - {that: "count(dropped) <= 0"}
"""


@pytest.fixture(autouse=True)
def _haiku(tmp_path: Path) -> None:
    """Put a copy of the example there, and a profile beside it."""
    shutil.copytree(conventions.ROOT / "docs" / "examples" / "haiku", tmp_path / "haiku")
    (tmp_path / "open.yml").write_text(PROFILE)


@pytest.fixture
def port() -> Iterator[str]:
    """A port for a master."""
    ports = Ports()
    yield str(ports.take())
    ports.release()


def results(path: Path) -> dict[str, dict[str, Any]]:
    """Return the results of a verdict by kind and subject."""
    verdict = json.loads(path.read_text())
    return {f"{result['kind']}: {result['subject']}": result for result in verdict["results"]}


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_load_is_measured_and_reconciled(promdrill: Callable[..., Command], tmp_path: Path, processes: str) -> None:
    """Thresholds hold, counters agree with the fakes exactly, and the generator says how it fared itself."""
    command = promdrill("load", "./haiku", "--profile", "open.yml", "--processes", processes, "--json", "v.json")
    command.concludes(0)
    found = results(tmp_path / "v.json")
    assert {"passed"} == {result["status"] for result in found.values()}
    assert found["load: p(99) < 30s (kind=reader)"]["evidence"]["requests"] >= 30
    assert found["load: arrivals of Reader"]["evidence"]["dropped"] == 0
    assert len(found["load: generator"]["evidence"]["cpu"]) == int(processes)
    assert found["counter: haiku_requests_total"]["status"] == "passed"
    assert "client, since it was due" in command.said()
    command.nothing_left()


def test_it_is_seen_while_it_goes_on(promdrill: Callable[..., Command], tmp_path: Path) -> None:
    """The example's own profile passes with Locust's page open; each panel of the load's dashboard shows data of it."""
    command = promdrill("load", "./haiku", "--profile", "haiku/load.yml", "--for", "5s", "--web", "--evidence", "e")
    command.until_said("baseline")
    page = next(line.split()[-1] for line in command.said().splitlines() if "Locust's page" in line)
    assert httpx.get(page, timeout=10).status_code == 200
    command.concludes(0)
    command.nothing_left()
    path = conventions.PROMETHEUS / "load" / conventions.DASHBOARDS / "load.json"
    [dashboard], _ = read_dashboards({path: path.name})
    evidence = load_evidence(tmp_path / "e")
    with prometheus_on(evidence.folder / "tsdb") as prometheus:
        shown = replace(evidence.asking(prometheus), scenario=replace(evidence.scenario, dashboards=(dashboard,)))
        judged = [result for result in panel(shown) if result.source is None]
    assert {result.status for result in judged} == {Status.PASSED}, judged
    assert len(judged) == len(list(dashboard.panels_with_rows()))


def test_a_port_that_is_taken(promdrill: Callable[..., Command], port: str) -> None:
    """A page that could not be shown is told before anything starts."""
    with socket.create_server((conventions.LOOPBACK, int(port))):
        command = promdrill("load", "./haiku", "--web", port)
        assert command.ended() == 2
    assert f"port {port} is taken" in command.said()


def test_a_broken_threshold_ends_it(promdrill: Callable[..., Command], tmp_path: Path) -> None:
    """One that may abort does, long before the load would be over; the verdict names it, and has all the rest."""
    profile = PROFILE.replace("measure: 3s", "measure: 5m") + '  - {that: "count(requests) < 20", abort: true}\n'
    (tmp_path / "open.yml").write_text(profile)
    command = promdrill("load", "./haiku", "--profile", "open.yml", "--json", "v.json")
    assert command.ended() == 1, command.said()
    found = results(tmp_path / "v.json")
    assert [name for name, result in found.items() if result["status"] == "failed"] == ["load: count(requests) < 20"]
    assert "ended early: count(requests) < 20 does not hold" in command.said()
    command.nothing_left()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("measure: soon", "open.yml:1"),
        ("load: {Reader: {users: 1, count: 1}}", "users have one of every, think and arrivals"),
        ("load: {Reder: {users: 1, every: 1s, count: 1}}", "Reder is not a class of users of this drill"),
        ('thresholds: [{that: "p95 < 1s"}]', "is not a threshold; write one like"),
        ("", "the file is empty"),
    ],
)
def test_a_bad_profile_is_refused(promdrill: Callable[..., Command], tmp_path: Path, text: str, said: str) -> None:
    """What is wrong with a profile is told with its line, before anything starts."""
    (tmp_path / "open.yml").write_text(text)
    command = promdrill("load", "./haiku", "--profile", "open.yml")
    assert command.ended() == 2
    assert said in command.said()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--master",), "--master and --expect-workers go together"),
        (("--worker",), "--worker and --master-host go together"),
        (("--master", "--worker"), "one machine is the --master"),
        (("--master", "--expect-workers", "1", "--processes", "2"), "a --master makes no load itself"),
        (("--bind", "0.0.0.0"), "name one address of this machine"),
        (("--for", "soon"), "a duration is written like"),
        (("--web", "--worker", "--master-host", "there"), "a --worker has no page"),
    ],
)
def test_contradictions_are_refused(promdrill: Callable[..., Command], arguments: tuple[str, ...], said: str) -> None:
    """Options that make no sense together are wrong use."""
    command = promdrill("load", "./haiku", *arguments)
    assert command.ended() == 2
    assert said in command.said()


def test_a_master_and_its_workers(promdrill: Callable[..., Command], tmp_path: Path, port: str) -> None:
    """Two workers, each a command of its own, do just what one would have; the master's verdict has it all."""
    lead, *hands = _distributed(promdrill, port)
    assert lead.ended() == 0, lead.said()
    assert [hand.ended() for hand in hands] == [0, 0]
    found = results(tmp_path / "v.json")
    assert {"passed"} == {result["status"] for result in found.values()}
    assert len(found["load: generator"]["evidence"]["cpu"]) == 2
    rows = [json.loads(line) for line in (tmp_path / "e" / "ledgers" / "client.jsonl").read_text().splitlines()]
    assert sorted(row["turn"] for row in rows) == list(range(len(rows)))
    for command in (lead, *hands):
        command.nothing_left()


def test_a_worker_that_is_lost(promdrill: Callable[..., Command], tmp_path: Path, port: str) -> None:
    """When a worker dies in mid-run, the run is inconclusive, and says so; no folder of the worker's is left."""
    (tmp_path / "open.yml").write_text(PROFILE.replace("measure: 3s", "measure: 8s"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    lead, lost, other = _distributed(promdrill, port, TMPDIR=str(temporary))
    wait.until(lambda: _begun(tmp_path / "e"), what="the load began", seconds=60)
    assert len(list(temporary.rglob("load.json"))) == 2
    lost.kill()
    assert len(list(temporary.rglob("load.json"))) == 1
    assert lead.ended() == 3, lead.said()
    assert other.ended() == 0
    assert not list(temporary.rglob("load.json"))
    assert "lost during the run" in results(tmp_path / "v.json")["load: generator"]["message"]


def test_a_worker_with_another_folder(promdrill: Callable[..., Command], tmp_path: Path, port: str) -> None:
    """A worker that lacks a class of its master's says so and ends; the master is inconclusive, without its load."""
    shutil.copytree(tmp_path / "haiku", tmp_path / "other")
    for name in ("users.py", "drill.yml"):
        path = tmp_path / "other" / name
        path.write_text(path.read_text().replace("Reader", "Visitor"))
    place = ("--master-port", port)
    lead = promdrill("load", "./haiku", "--profile", "open.yml", "--master", "--expect-workers", "1", *place)
    hand = promdrill("load", "./other", "--worker", "--master-host", conventions.LOOPBACK, *place)
    assert hand.ended() == 3
    assert "other/users.py has no class Reader: have the same folder on all machines" in hand.said()
    assert lead.ended() == 3, lead.said()


def _distributed(promdrill: Callable[..., Command], port: str, **environment: str) -> tuple[Command, ...]:
    """Start a master, then its two workers, which alone have the environment."""
    place = ("--master-port", port)
    reports = ("--json", "v.json", "--evidence", "e")
    lead = promdrill("load", "./haiku", "--profile", "open.yml", "--master", "--expect-workers", "2", *place, *reports)
    hands = [
        promdrill("load", "./haiku", "--worker", "--master-host", "127.0.0.1", *place, **environment) for _ in range(2)
    ]
    return (lead, *hands)


def _begun(evidence: Path) -> None:
    ledger = evidence / "ledgers" / "client.jsonl"
    if not ledger.exists() or not ledger.read_text():
        raise wait.NotYet("no row")
