"""Rule files in the style of those that are widely used, and nasty ones: what is said of each alert."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promdrill import conventions
from promdrill.contract import bundled_systems
from promdrill.errors import Exit
from promdrill.prove.catalogue import read_catalogue
from promdrill.prove.command import prove_rules
from promdrill.prove.proof import State, prove
from promdrill.rules.rulebook import read_rulebook

if TYPE_CHECKING:
    from promdrill.prove.promtool import Promtool
    from promdrill.prove.report import Report

RULES = Path(__file__).parent / "rules"


def shown(*rules: Path, contract: Path | None = None, folder: Path | None = None) -> Report:
    """Return what is known of rule files."""
    return prove_rules(rules, contract, (), folder, print)


@pytest.mark.parametrize("name", sorted(path.name for path in RULES.iterdir()))
def test_rule_files(tmp_path: Path, promtool: Promtool, name: str) -> None:
    """Each alert is proved, or what its label `expect` says, and plain promtool passes every test that was written."""
    report = shown(RULES / name, folder=tmp_path)
    found = {(proof.placed.key): proof.state.value for proof in report.proofs}
    expected = {proof.placed.key: proof.placed.rule.labels.get("expect", State.PROVED) for proof in report.proofs}
    assert found == expected
    tests = sorted(path.name for path in tmp_path.glob("*.test.yml"))
    assert {proof.test for proof in report.proofs if proof.state is State.PROVED} <= set(tests)
    ended = subprocess.run([promtool.path, "test", "rules", *tests], cwd=tmp_path, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("system", bundled_systems())
def test_bundled_systems(system: str) -> None:
    """Every alert of a bundled system is proved on the series that its contract promises."""
    rules = sorted((conventions.PROMETHEUS / system).glob("*.rules.yml"))
    report = shown(*rules, contract=conventions.SCENARIOS / system / conventions.CONTRACT_FILE)
    assert [(proof.placed.rule.name, proof.message) for proof in report.proofs if proof.state is not State.PROVED] == []
    assert report.exit_code(strict=True) is Exit.PASSED


def test_documented_errata(promtool: Promtool) -> None:
    """The documented quantile alerts, without the rules that record what they read, can never fire."""
    book = read_rulebook([conventions.PROMETHEUS / "content_creation_crew" / conventions.ALERT_RULES])
    catalogue = read_catalogue(conventions.SCENARIOS / "content_creation_crew" / conventions.CONTRACT_FILE)
    slow = [one for one in book.alerts if one.rule.name.startswith("Slow")]
    states = {one.rule.name: prove(one, book, promtool, catalogue).state for one in slow}
    assert states == dict.fromkeys(("SlowLLMCalls", "SlowVideoRenders", "SlowTTSSynthesis"), State.BROKEN)
