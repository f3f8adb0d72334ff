"""A broken scenario folder is refused with all of its problems, each with its file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promdrill.contract import load_scenario
from promdrill.errors import ContractError, Exit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

    ProblemsAfter = Callable[..., list[tuple[str, int]]]

CONTRACT, DRILL, RULES, USERS = "contract.yml", "drill.yml", "alert.rules.yml", "users.py"
QUERY = "  - {expr: 'rate(calls_total[5m])', labels: [model], source: \"doc:2\"}\n"


def test_right(folder: Path) -> None:
    """A folder in which nothing is wrong is read."""
    assert load_scenario(folder).contract.system == "shop"


def test_many_mistakes(problems_after: ProblemsAfter) -> None:
    """Mistakes of all kinds in all files are told at once, in order of file and line."""
    assert problems_after(
        (CONTRACT, "type: counter", "kind: counter"),
        (CONTRACT, '"doc:1"', '"doc:9"'),
        (CONTRACT, QUERY, f"{QUERY}{QUERY}  - {{expr: 'rate(', source: \"doc:2\"}}\n"),
        (CONTRACT, "for: 5m", "for: 5m\n    for: 6m"),
        (DRILL, "users: 1", "users: none"),
        (DRILL, "faults:\n", "faults: {}\nmore:\n"),
        (RULES, "rate(calls_total[5m]) > 1", "calls_total[5m]"),
        (USERS, "BuyUser", "SellUser"),
    ) == [
        (RULES, 5),
        (CONTRACT, 4),
        (CONTRACT, 6),
        (CONTRACT, 7),
        (CONTRACT, 13),
        (CONTRACT, 14),
        (CONTRACT, 19),
        (DRILL, 4),
        (DRILL, 4),
        (DRILL, 10),
    ]


@pytest.mark.parametrize("name", [CONTRACT, DRILL])
def test_missing_file(folder: Path, problems_after: ProblemsAfter, name: str) -> None:
    """A file that is not there is told, with those that a folder needs."""
    (folder / name).unlink()
    assert problems_after() == [(name, 1)]


def test_missing_users(folder: Path, problems_after: ProblemsAfter) -> None:
    """A folder without users is refused."""
    (folder / USERS).unlink()
    assert problems_after() == [(DRILL, 3)]


def test_missing_rules(folder: Path, problems_after: ProblemsAfter) -> None:
    """A folder whose alerts no rule file holds is refused."""
    (folder / RULES).unlink()
    assert problems_after() == [(CONTRACT, 14)]


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "~\n"])
def test_empty_file(folder: Path, problems_after: ProblemsAfter, text: str) -> None:
    """A file that holds nothing is no contract."""
    (folder / CONTRACT).write_text(text, encoding="utf-8")
    assert problems_after() == [(CONTRACT, 1)]


def test_empty_contract(folder: Path, problems_after: ProblemsAfter) -> None:
    """A contract that promises nothing is refused: nothing to check never passes."""
    (folder / CONTRACT).write_text("system: shop\ndocuments: {}\n", encoding="utf-8")
    assert problems_after() == [(CONTRACT, 1), (DRILL, 7), (DRILL, 8)]


def test_not_text(folder: Path) -> None:
    """A file that is not UTF-8 is told as such."""
    (folder / CONTRACT).write_bytes("system: Büro".encode("latin-1"))
    with pytest.raises(ContractError) as raised:
        load_scenario(folder)
    [problem] = raised.value.problems
    assert str(problem).startswith("shop/contract.yml:1: cannot be read: 'utf-8' codec can't decode")


def test_text_of_the_error(folder: Path, snapshot: SnapshotAssertion) -> None:
    """The error's text lists the problems as file:line: what, and ends the command with exit code 2."""
    (folder / CONTRACT).unlink()
    with pytest.raises(ContractError) as raised:
        load_scenario(folder)
    assert raised.value.exit_code is Exit.WRONG_USE
    assert str(raised.value) == snapshot
