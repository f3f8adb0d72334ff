"""Each named way to break the app's instrumentation is caught, and its metric named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from promdrill import conventions
from promdrill.contract import bundled_systems, load_scenario
from promdrill.mutants import Mutant, list_mutants

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.command import Command

pytestmark = pytest.mark.e2e
MUTANTS = [
    (system, mutant)
    for system in bundled_systems()
    for mutant in list_mutants(load_scenario(conventions.SCENARIOS / system))
]


@pytest.mark.parametrize(("system", "mutant"), MUTANTS, ids=[mutant.name for _, mutant in MUTANTS])
def test_a_mutant_is_caught(promdrill: Callable[..., Command], tmp_path: Path, system: str, mutant: Mutant) -> None:
    """The run fails with exit 1, and a failed result names the metric with what was expected and what was seen."""
    command = promdrill("run", system, "--mutant", mutant.name, "--json", "v.json")
    command.concludes(1)
    failed = [
        result for result in json.loads((tmp_path / "v.json").read_text())["results"] if result["status"] == "failed"
    ]
    assert any(mutant.metric in f"{result['subject']} {result['message']}" for result in failed), failed
    assert all(result["evidence"] and result["remedy"] for result in failed)
