"""A broken scenario folder is refused with all of its problems, each with its file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from promdrill.contract import load_scenario
from promdrill.errors import ContractError, Exit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Told = tuple[str, int, str, str]
    ProblemsAfter = Callable[..., list[Told]]

CONTRACT, DRILL, RULES, USERS = "contract.yml", "drill.yml", "alert.rules.yml", "users.py"
VALUES = "it gives ranges or a text, where one value for each series is needed"
QUERY = "  - {expr: 'rate(calls_total[5m])', labels: [model], source: \"doc:2\"}\n"


def test_right(folder: Path) -> None:
    """A folder in which nothing is wrong is read."""
    assert load_scenario(folder).contract.system == "shop"


def test_many_mistakes(problems_after: ProblemsAfter) -> None:
    """Mistakes of all kinds in all files are told at once, in order of file and line."""
    number = "Input should be a valid integer, unable to parse string as an integer"
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
        (RULES, 5, f"bad PromQL in High: {VALUES}", ""),
        (CONTRACT, 4, "source doc:9 lies beyond the document's last line, 3", ""),
        (CONTRACT, 6, "missing key metrics.calls_total.type", ""),
        (CONTRACT, 7, "unknown key metrics.calls_total.kind", ""),
        (CONTRACT, 13, "duplicate expression, first on line 12: rate(calls_total[5m])", ""),
        (CONTRACT, 14, "bad PromQL: rate(: unclosed left parenthesis", ""),
        (CONTRACT, 19, "duplicate key for", "it stands on line 18 already; keep one"),
        (DRILL, 4, f"load.BuyUser.users: {number}, not 'none'", ""),
        (DRILL, 4, "users.py has no class BuyUser", "its classes: SellUser"),
        (DRILL, 10, "unknown key more", ""),
    ]


@pytest.mark.parametrize("name", [CONTRACT, DRILL])
def test_missing_file(folder: Path, problems_after: ProblemsAfter, name: str) -> None:
    """A file that is not there is told, with those that a folder needs."""
    (folder / name).unlink()
    needed = "a scenario folder holds contract.yml, drill.yml and users.py"
    assert problems_after() == [(name, 1, "file not found", needed)]


def test_missing_users(folder: Path, problems_after: ProblemsAfter) -> None:
    """A folder without users is refused."""
    (folder / USERS).unlink()
    assert problems_after() == [(DRILL, 3, "users.py not found beside it", "it holds the Locust user classes")]


def test_missing_rules(folder: Path, problems_after: ProblemsAfter) -> None:
    """A folder whose alerts no rule file holds is refused."""
    (folder / RULES).unlink()
    expected = (CONTRACT, 14, "no rule file of this system holds the alert High", "alerts found: none")
    assert problems_after() == [expected]


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "~\n"])
def test_empty_file(folder: Path, problems_after: ProblemsAfter, text: str) -> None:
    """A file that holds nothing is no contract."""
    (folder / CONTRACT).write_text(text, encoding="utf-8")
    assert problems_after() == [(CONTRACT, 1, "the file is empty", "")]


def test_empty_contract(folder: Path, problems_after: ProblemsAfter) -> None:
    """A contract that promises nothing is refused: nothing to check never passes."""
    (folder / CONTRACT).write_text("system: shop\ndocuments: {}\n", encoding="utf-8")
    assert problems_after() == [
        (CONTRACT, 1, "the contract promises nothing: there is nothing to check", ""),
        (DRILL, 7, "phase fault waits for High, which is no alert of the contract", ""),
        (DRILL, 8, "phase recovery waits for High, which is no alert of the contract", ""),
    ]


def test_not_text(folder: Path, problems_after: ProblemsAfter) -> None:
    """A file that is not UTF-8 is told as such."""
    (folder / CONTRACT).write_bytes("system: Büro".encode("latin-1"))
    [(name, line, what, _)] = problems_after()
    assert (name, line, what.partition(" byte ")[0]) == (CONTRACT, 1, "cannot be read: 'utf-8' codec can't decode")


def test_text_of_the_error(folder: Path) -> None:
    """The error's text lists the problems as file:line: what, and ends the command with exit code 2."""
    (folder / CONTRACT).unlink()
    text = """\
1 problem found, so nothing was started:
shop/contract.yml:1: file not found
    a scenario folder holds contract.yml, drill.yml and users.py"""
    with pytest.raises(ContractError) as raised:
        load_scenario(folder)
    assert (raised.value.exit_code, str(raised.value)) == (Exit.WRONG_USE, text)
