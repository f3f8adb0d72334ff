from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promdrill import conventions
from promdrill.contract import bundled_systems, find_folder, load_scenario
from promdrill.errors import Exit, UsageError
from promdrill.model import Source
from tests.words import generic

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion


def test_folder_of_a_bundled_system(tmp_path: Path) -> None:
    """A bundled system is found by its name, wherever the command runs."""
    expected = conventions.SCENARIOS / "content_creation_crew"
    assert find_folder("content_creation_crew", tmp_path) == expected


@pytest.mark.parametrize("name", ["shop", "./shop"])
def test_own_folder(folder: Path, name: str) -> None:
    """A user's own folder is found by its path, or by its name where it holds a contract."""
    assert find_folder(name, folder.parent) == folder


def test_own_folder_goes_before_a_bundled_system(tmp_path: Path) -> None:
    """A folder of a bundled system's name that holds a contract is the one that is meant."""
    (tmp_path / "content_creation_crew").mkdir()
    (tmp_path / "content_creation_crew" / "contract.yml").touch()
    assert find_folder("content_creation_crew", tmp_path) == tmp_path / "content_creation_crew"


@pytest.mark.parametrize("name", ["shop", "./shop", ".."])
def test_no_folder(tmp_path: Path, name: str, snapshot: SnapshotAssertion) -> None:
    """A name that is neither a system nor a folder is a wrong use, and the systems are listed."""
    known = ", ".join(bundled_systems())
    with pytest.raises(UsageError) as raised:
        find_folder(name, tmp_path)
    assert raised.value.exit_code is Exit.WRONG_USE
    assert generic(str(raised.value), known=known) == snapshot


def test_scenario(folder: Path) -> None:
    """A scenario has its rules from its own folder, its users, and the sources of its claims."""
    scenario = load_scenario(folder)
    assert scenario.rule_files == (folder / "alert.rules.yml",)
    assert [rule.name for rule in scenario.rules] == ["High"]
    assert scenario.users == folder / "users.py"
    assert scenario.scrape_seconds == 0.25
    assert scenario.source("doc:3") == Source("shop.md", 3)


def test_rules_of_a_bundled_system() -> None:
    """A bundled system's rules lie under prometheus/."""
    scenario = load_scenario(conventions.SCENARIOS / "content_creation_crew")
    rules = conventions.PROMETHEUS / "content_creation_crew"
    assert scenario.rule_files == (rules / "recording.rules.yml", rules / "alert.rules.yml")


def test_claims(folder: Path) -> None:
    """Every promise of a contract is a claim, with its source."""
    claims = [(claim.kind, claim.subject, source) for claim, source in load_scenario(folder).contract.claims()]
    assert claims == [
        ("endpoint", "GET /metrics", "doc:1"),
        ("metric", "calls_total", "doc:1"),
        ("counter", "calls_total", "doc:1"),
        ("alert", "High", "doc:3"),
        ("query", "rate(calls_total[5m])", "doc:2"),
    ]


@pytest.mark.parametrize(
    ("kind", "subject"),
    [("counter", "calls_total"), ("exposition", "GET /metrics"), ("query", "rate( calls_total[5m] )")],
)
def test_waiver(folder: Path, kind: str, subject: str) -> None:
    """A waiver names a claim of the contract, white space aside, or how something promised is exposed."""
    with (folder / "contract.yml").open("a", encoding="utf-8") as contract:
        contract.write(f"waivers: [{{claim: {{kind: {kind}, subject: '{subject}'}}, reason: r, until: 2030-01-01}}]\n")
    [waiver] = load_scenario(folder).contract.waivers
    assert (waiver.claim.kind, waiver.claim.subject) == (kind, subject)
