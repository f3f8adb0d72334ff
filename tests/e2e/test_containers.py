"""Drills on containers: the same results as on processes, and nothing left in the engine however they end."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from promdrill import conventions, wait
from promdrill.contract import bundled_systems
from tests import containers
from tests.e2e.command import prometheus_folders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.command import Command

pytestmark = pytest.mark.e2e
ON_CONTAINERS = ("--stack", "containers")
NO_ENGINE = {"DOCKER_HOST": "unix:///no/engine.sock"}


@pytest.fixture
def engine() -> None:
    """Skip where no engine answers."""
    containers.client()


def results(path: Path) -> list[tuple[str, str, str]]:
    """Return what a verdict says of each claim."""
    verdict: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return [(one["kind"], one["subject"], one["status"]) for one in verdict["results"]]


def ours(run: str) -> list[str]:
    """Return what a run has in the engine; a test knows it by the evidence that its containers see."""
    names = set()
    for container in containers.client().containers.list(all=True, ignore_removed=True):
        if any(run in str(mount.get("Source")) for mount in container.attrs["Mounts"]):
            names.add(container.labels[conventions.RUN_LABEL])
    return sorted(names)


def none_left(run: str) -> None:
    """Wait until none of a run's containers and networks is left; a guard needs a moment for it."""

    def gone() -> None:
        if left := containers.left(run):
            raise wait.NotYet(f"still there: {left}")

    wait.until(gone, what="nothing left in the engine", seconds=60)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("system", bundled_systems())
def test_the_same_results(
    promdrill: Callable[..., Command], whole_run: Callable[..., Path], tmp_path: Path, system: str
) -> None:
    """Whole drills: claim for claim the results on both stacks are the same."""
    processes = results(whole_run(system, prometheus_folders()[0]))
    promdrill("run", system, *ON_CONTAINERS, "--seed", "7", "--json", "v.json").concludes(0)
    assert results(tmp_path / "v.json") == processes


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("phase", ["start", "baseline"])
def test_nothing_is_left_in_the_engine(
    promdrill: Callable[..., Command], tmp_path: Path, phase: str, number: signal.Signals
) -> None:
    """Ctrl-C, or a kill of promdrill itself, ends every container, and removes the network."""
    command = promdrill("run", "aurea_orchestrator", *ON_CONTAINERS)
    command.until_said(f"s  {phase}")
    seen: list[str] = []

    def there() -> None:
        seen[:] = ours(str(tmp_path))
        if not seen:
            raise wait.NotYet("no container yet")

    wait.until(there, what="a container", seconds=60)
    command.process.send_signal(number)
    assert command.ended() == (130 if number is signal.SIGINT else -number)
    command.nothing_left()
    none_left(seen[0])


@pytest.mark.usefixtures("engine")
def test_a_container_that_dies_is_named(promdrill: Callable[..., Command], tmp_path: Path) -> None:
    """A container that something else ends is named, with its signal; the run is inconclusive."""
    command = promdrill("run", "aurea_orchestrator", *ON_CONTAINERS)
    command.until_said("baseline")
    [run] = ours(str(tmp_path))
    filters = {"label": f"{conventions.RUN_LABEL}={run}"}
    for container in containers.client().containers.list(filters=filters):
        if container.attrs["Config"]["Hostname"] == "app":
            container.kill()
    assert command.ended() == 3
    assert "promdrill: app exited during the run (killed by SIGKILL)" in command.said()
    none_left(run)


def test_without_an_engine(promdrill: Callable[..., Command]) -> None:
    """Containers that cannot be had are told, with what to do; the run is inconclusive."""
    command = promdrill("run", "aurea_orchestrator", *ON_CONTAINERS, **NO_ENGINE)
    assert command.ended() == 3
    assert "promdrill: no container engine answers at unix:///no/engine.sock" in command.said()
    assert "or drill with `--stack processes`, which needs none" in command.said()


def test_auto(promdrill: Callable[..., Command]) -> None:
    """Without an engine `auto` is processes, and says so."""
    command = promdrill("run", "content_creation_crew", "--short", "--stack", "auto", **NO_ENGINE)
    command.concludes(0)
    assert "No container engine answers, so the parts are processes" in command.said()
    assert "run       processes, seed 1" in command.said()


@pytest.mark.usefixtures("engine")
def test_fixtures_on_containers(pytester: pytest.Pytester) -> None:
    """A user's own tests have the stack on containers by an option."""
    pytester.makepyfile("""
        import httpx
        from promdrill.testing import expect

        def test_a_call_is_counted(promdrill_stack, promdrill_prometheus, promdrill_ledger):
            stored = httpx.post(promdrill_stack.url + "/artifacts/blog?plan=free", content=b"hello")
            assert stored.status_code == 201
            assert promdrill_ledger.count("s3", verb="put") == 1
            expect(promdrill_prometheus).counter("storage_put_total").increased_by(1)
    """)
    pytester.runpytest_subprocess(
        "--promdrill-system=content_creation_crew", "--promdrill-stack=containers"
    ).assert_outcomes(passed=1)
