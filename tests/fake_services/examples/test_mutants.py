from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promdrill_examples import mutation

if TYPE_CHECKING:
    from conftest import Fakes

    Exposed = list[tuple[str, list[str]]]

SYSTEM = "content_creation_crew"
MUTANTS = mutation.mutants_of(SYSTEM)
NAMES = tuple(MUTANTS)
FAULTS = {
    "model": {"service": "ollama", "match": {"trace": "fails"}, "effect": {"status": 500}},
    "speech": {"service": "tts", "match": {"trace": "fails"}, "effect": {"status": 500}},
    "store": {"service": "s3", "match": {"trace": ["fails", "fails-to-store"]}, "effect": {"status": 403}},
    "retry": {"service": "s3", "match": {"trace": "retried"}, "trigger": {"first": 1}, "effect": {"status": 503}},
}


def lines_of(metric: str, text: str) -> list[str]:
    """Return a metric's lines of an exposition, comments and all."""
    return re.findall(rf"^(?:# \w+ )?{metric}(?:_bucket|_count|_sum)?[ {{].*$", text, re.MULTILINE)


@pytest.fixture(scope="module")
def exposed(_running: Fakes, surroundings: dict[str, str]) -> Exposed:
    """Return what the app exposes before and after the same requests: as it is, twice, and with each mutant."""
    _running.configure(faults=None)
    _running.configure(faults=FAULTS)
    _running.control.post("/reset").raise_for_status()
    script = Path(__file__).with_name("exercise_mutants.py")
    command = [sys.executable, str(script), "none", "none", *NAMES]
    ran = subprocess.run(command, env=surroundings, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_there_are_mutants() -> None:
    """What follows holds of something."""
    assert len(NAMES) >= 28


def test_what_the_app_exposes_depends_on_its_requests_alone(exposed: Exposed) -> None:
    """Two apps that do the same expose the same, to the last digit, so that a difference is the mutant's."""
    assert exposed[0] == exposed[1]
    assert [name for name, _ in exposed[2:]] == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_mutant_breaks_the_metric_that_it_names(exposed: Exposed, name: str) -> None:
    """The metric's lines differ from those of the app as it is."""
    sound, broken = exposed[0][1], dict(exposed)[name]
    metric = MUTANTS[name].metric
    assert [lines_of(metric, text) for text in sound] != [lines_of(metric, text) for text in broken]
