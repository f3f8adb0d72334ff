"""What the end-to-end tests share."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promdrill import conventions
from tests.e2e.command import Command, with_prometheus
from tests.e2e.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Its drill stores over 100 MB a second, which no small machine does twice at a time.
HEAVY = "content_creation_crew"
LIGHT = {"--short", "--mutant", "--run"}
EXAMPLE = conventions.ROOT / "docs" / "examples" / "haiku"
# What takes longest begins first, so that nothing long is left for the end, when other workers have no more to do.
LONGEST = ("test_rule_mutants", "test_run", "test_mutants", "test_containers", "test_packaging", "test_compose")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


@pytest.fixture(autouse=True)
def machine() -> Iterator[Machine]:
    """Hold the machine, beside others."""
    with Machine() as held:
        yield held


@pytest.fixture
def promdrill(tmp_path: Path, machine: Machine) -> Iterator[Callable[..., Command]]:
    """Give a way to start promdrill in an empty folder, and end what a failed test left running.

    Of all tests on this machine, one at a time runs the heavy drill.
    """
    started: list[Command] = []

    def start(*arguments: str, **environment: str) -> Command:
        if HEAVY in arguments and not LIGHT & set(arguments):
            machine.heavy()
        started.append(Command(list(arguments), tmp_path, environment, machine=machine))
        return started[-1]

    yield start
    for command in started:
        command.kill()


@pytest.fixture
def haiku(tmp_path: Path) -> Path:
    """Return a copy of the example, as a user has it: in a folder of his own."""
    return shutil.copytree(EXAMPLE, tmp_path / "haiku", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture
def whole_run(
    promdrill: Callable[..., Command], machine: Machine, tmp_path_factory: pytest.TempPathFactory, testrun_uid: str
) -> Callable[..., Path]:
    """Give the JSON report of a bundled system's whole drill that passed.

    All tests of this session that need the drill share one run of it, whichever comes first makes it.
    """
    reports = tmp_path_factory.getbasetemp().parent / f"whole-runs-{testrun_uid}"
    reports.mkdir(exist_ok=True)

    def report(system: str, prometheus: str) -> Path:
        path = reports / f"{system}-{Path(prometheus).name}.json"
        with path.with_suffix(".lock").open("w") as lock:
            machine.take(lock)
            if not path.exists():
                made = path.with_suffix(".new")
                command = promdrill("run", system, "--seed", "7", "--json", str(made), **with_prometheus(prometheus))
                command.concludes(0)
                command.nothing_left()
                made.rename(path)
        return path

    return report
