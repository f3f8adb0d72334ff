from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promdrill import conventions
from promdrill.contract import Scenario, bundled_systems, load_scenario
from promdrill.errors import Exit, UsageError
from promdrill.mutants import Mutant, find_mutant, list_mutants

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

TEXT = '''"""Mutants."""

raise SystemExit("mutants are read, never run")


@mutant("calls_total")
def twice():
    """Each call is counted twice.

    At length.
    """


def change():
    """Is no mutant."""
'''
BARE = "@marks.mutant('seconds')\ndef bare(): pass\n"
TWICE = Mutant("twice", "calls_total", "Each call is counted twice.")


def scenario(folder: Path, mutants: str | None) -> Scenario:
    """Return a bundled scenario as one in a folder, whose app has its mutants elsewhere."""
    sound = load_scenario(conventions.SCENARIOS / bundled_systems()[0])
    app = sound.drill.app.model_copy(update={"mutants": mutants})
    return replace(sound, folder=folder, drill=sound.drill.model_copy(update={"app": app}))


@pytest.fixture
def broken(tmp_path: Path) -> Scenario:
    """A system with two mutants in a module beside its drill."""
    (tmp_path / "mutants.py").write_text(TEXT + BARE, encoding="utf-8")
    return scenario(tmp_path, "mutants.py")


def test_list(broken: Scenario) -> None:
    """A mutant has its function's name, the metric that it breaks, and the first line of what it does."""
    assert list_mutants(broken) == (Mutant("bare", "seconds", ""), TWICE)


def test_folder(tmp_path: Path) -> None:
    """The modules of a folder are read together."""
    (tmp_path / "mutants").mkdir()
    for name, text in (("__init__.py", ""), ("counting.py", TEXT), ("timing.py", BARE)):
        (tmp_path / "mutants" / name).write_text(text, encoding="utf-8")
    assert list_mutants(scenario(tmp_path, "mutants")) == (Mutant("bare", "seconds", ""), TWICE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n@mutant\ndef twice(): pass", 'mutants.py:2: write @mutant("metric"), with the name of one metric'),
        ("@mutant(METRIC)\ndef twice(): pass", 'mutants.py:1: write @mutant("metric"), with the name of one metric'),
        (TEXT + TEXT, "mutants.py has two mutants twice"),
        ("def twice(:", "mutants.py cannot be read: invalid syntax (<unknown>, line 1)"),
    ],
)
def test_wrong_module(tmp_path: Path, text: str, message: str) -> None:
    """A module that cannot be read as one of mutants is a wrong use, with the place."""
    (tmp_path / "mutants.py").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        list_mutants(scenario(tmp_path, "mutants.py"))
    assert str(raised.value).endswith(message)


def test_find(broken: Scenario) -> None:
    """A mutant is found by its name."""
    assert find_mutant(broken, "twice") == TWICE


@pytest.mark.parametrize(
    "named",
    [None, "elsewhere"],
)
def test_no_module(tmp_path: Path, named: str | None, snapshot: SnapshotAssertion) -> None:
    """A system without mutants, or whose module is not there, is a wrong use."""
    with pytest.raises(UsageError) as raised:
        list_mutants(scenario(tmp_path, named))
    assert raised.value.exit_code is Exit.WRONG_USE
    assert str(raised.value) == snapshot


def test_unknown(broken: Scenario, snapshot: SnapshotAssertion) -> None:
    """An unknown name is a wrong use, and the names are listed."""
    with pytest.raises(UsageError) as raised:
        find_mutant(broken, "thrice")
    assert str(raised.value) == snapshot


@pytest.mark.parametrize("system", bundled_systems())
def test_bundled(system: str) -> None:
    """Each mutant of a bundled system says what it does and which promise it breaks: a claim, or what it makes up."""
    bundled = load_scenario(conventions.SCENARIOS / system)
    mutants = list_mutants(bundled)
    assert mutants
    assert [mutant.name for mutant in mutants if not mutant.metric or not mutant.what.endswith(".")] == []
    claimed = {claim.subject for claim, _ in bundled.contract.claims()}
    assert len({mutant.metric for mutant in mutants} - claimed) <= 1


@pytest.mark.parametrize("system", bundled_systems())
def test_page(system: str) -> None:
    """The page lists each mutant of each system, in order, with what it breaks and how."""
    page = (conventions.ROOT / "docs" / "mutants.md").read_text(encoding="utf-8")
    section = page.partition(f"## The mutants of `{system}`\n")[2].partition("\n## ")[0]
    listed = [row for row in section.splitlines() if row.startswith("| `")]
    mutants = list_mutants(load_scenario(conventions.SCENARIOS / system))
    assert listed == [f"| `{mutant.name}` | `{mutant.metric}` | {mutant.what} |" for mutant in mutants]
