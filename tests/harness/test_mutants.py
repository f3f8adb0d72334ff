from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from promdrill import conventions
from promdrill.contract import Drill, bundled_systems, load_scenario
from promdrill.errors import Exit, UsageError
from promdrill.mutants import Mutant, find_mutant, list_mutants

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

TEXT = '''"""Each call is counted twice.

At length.
"""

raise SystemExit("a mutant is read, never run")
METRIC = "calls_total"
'''


def drill(mutants: str | None) -> Drill:
    """Return a drill whose app has its mutants in a folder."""
    app = {"command": ["python"], "port": 8000, "mutants": mutants}
    load = {"BuyUser": {"users": 1, "every": 1, "count": 1}}
    return Drill.model_validate({"app": app, "load": load, "phases": [{"name": "baseline", "for": 1}]})


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drill:
    """A drill with two mutants in its project."""
    monkeypatch.setattr(conventions, "FAKES_ROOT", tmp_path / "project")
    folder = tmp_path / "project" / "mutants"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "twice.py").write_text(TEXT, encoding="utf-8")
    (folder / "bare.py").write_text("", encoding="utf-8")
    return drill("mutants")


def test_list(broken: Drill) -> None:
    """A mutant has its file's name, the metric that it breaks, and the first line of what it does."""
    assert list_mutants(broken) == (
        Mutant("bare", "", ""),
        Mutant("twice", "calls_total", "Each call is counted twice."),
    )


def test_find(broken: Drill) -> None:
    """A mutant is found by its name."""
    assert find_mutant(broken, "twice") == Mutant("twice", "calls_total", "Each call is counted twice.")


@pytest.mark.parametrize(
    "folder",
    [None, "elsewhere"],
)
def test_no_folder(folder: str | None, snapshot: SnapshotAssertion) -> None:
    """A system without mutants, or whose folder is not there, is a wrong use."""
    with pytest.raises(UsageError) as raised:
        list_mutants(drill(folder))
    assert raised.value.exit_code is Exit.WRONG_USE
    assert str(raised.value) == snapshot


def test_unknown(broken: Drill, snapshot: SnapshotAssertion) -> None:
    """An unknown name is a wrong use, and the names are listed."""
    with pytest.raises(UsageError) as raised:
        find_mutant(broken, "thrice")
    assert str(raised.value) == snapshot


@pytest.mark.parametrize("system", bundled_systems())
def test_bundled(system: str) -> None:
    """Each mutant of a bundled system says what it does and which promise it breaks: a claim, or what it makes up."""
    scenario = load_scenario(conventions.SCENARIOS / system)
    mutants = list_mutants(scenario.drill)
    assert mutants
    assert [mutant.name for mutant in mutants if not mutant.metric or not mutant.what.endswith(".")] == []
    claimed = {claim.subject for claim, _ in scenario.contract.claims()}
    assert len({mutant.metric for mutant in mutants} - claimed) <= 1


@pytest.mark.parametrize("system", bundled_systems())
def test_page(system: str) -> None:
    """The page lists each mutant of each system, in order, with what it breaks and how."""
    page = (conventions.ROOT / "docs" / "mutants.md").read_text(encoding="utf-8")
    section = page.partition(f"## The mutants of `{system}`\n")[2].partition("\n## ")[0]
    listed = [row for row in section.splitlines() if row.startswith("| `")]
    mutants = list_mutants(load_scenario(conventions.SCENARIOS / system).drill)
    assert listed == [f"| `{mutant.name}` | `{mutant.metric}` | {mutant.what} |" for mutant in mutants]
