from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promdrill_examples import mutation
from promdrill_examples.ai_shorts.vocabulary import Model

if TYPE_CHECKING:
    from conftest import Fakes

    Exposed = list[tuple[str, list[str]]]

SYSTEM = "ai_shorts"
MUTANTS = mutation.mutants_of(SYSTEM)
NAMES = tuple(MUTANTS)
FAULTS = {
    "storyboards": {"service": "ollama", "match": {"model": Model.MISTRAL}, "effect": {"status": 500}},
    "outlines": {"service": "ollama", "match": {"model": Model.PHI}, "effect": {"latency": 0.15}},
}


def lines_of(promise: str, text: str) -> list[str]:
    """Return what a text says of a metric, or of another promise."""
    return re.findall(rf"^(?:# \w+ )?{re.escape(promise)}(?:_bucket|_count|_sum)?[ {{].*$", text, re.MULTILINE)


@pytest.fixture(scope="module")
def exposed(_running: Fakes) -> Exposed:
    """Return what the app exposes and leaves behind of the same requests: as it is, twice, and with each mutant."""
    _running.configure(faults=None, latency=None, ollama={"models": [*Model]})
    # Of the jobs of a batch, that of a model ends last.
    _running.configure(faults=FAULTS, latency={"ollama": {"generate": {"constant": {"seconds": 0.03}}}})
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[4]), *sys.path]),
        "OLLAMA_HOST": _running.urls["ollama"],
        "CONTROL": _running.urls["control"],
        "CACHE_ENTRIES": "2",
    }
    command = [sys.executable, str(Path(__file__).with_name("exercise_mutants.py")), "none", "none", *NAMES]
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_there_are_mutants() -> None:
    """What follows holds of something."""
    assert len(NAMES) >= 12


def test_what_the_app_exposes_depends_on_its_requests_alone(exposed: Exposed) -> None:
    """Two apps that do the same expose the same, to the last digit, so that a difference is the mutant's."""
    assert exposed[0] == exposed[1]
    assert [name for name, _ in exposed[2:]] == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_mutant_breaks_what_it_names(exposed: Exposed, name: str) -> None:
    """What is said of the promise that it names differs from the app as it is."""
    promise: str = MUTANTS[name].metric
    sound, broken = exposed[0][1], dict(exposed)[name]
    assert [lines_of(promise, text) for text in sound] != [lines_of(promise, text) for text in broken]
