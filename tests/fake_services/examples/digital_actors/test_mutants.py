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
from promdrill_examples.digital_actors.vocabulary import VOICES, Model

if TYPE_CHECKING:
    from conftest import Fakes

    Exposed = list[tuple[str, list[str]]]

SYSTEM = "digital_actors"
MUTANTS = mutation.mutants_of(SYSTEM)
NAMES = tuple(MUTANTS)
FAULT = {"service": "ollama", "match": {"model": Model.GEMINI}, "effect": {"status": 503}}


def lines_of(metric: str, text: str) -> list[str]:
    """Return a metric's lines of an exposition, comments and all."""
    return re.findall(rf"^(?:# \w+ )?{metric}(?:_bucket|_count|_sum)?[ {{].*$", text, re.MULTILINE)


@pytest.fixture(scope="module")
def exposed(_running: Fakes, tmp_path_factory: pytest.TempPathFactory) -> Exposed:
    """Return what the app exposes before, within and after the same sessions: as it is, twice, and with each mutant."""
    _running.configure(
        faults=None,
        latency=None,
        ollama={"models": [*Model]},
        tts={"voices": dict.fromkeys(VOICES.values(), "a voice")},
    )
    _running.configure(faults={"gemini": FAULT})
    _running.control.post("/reset").raise_for_status()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[4]), *sys.path]),
        "OLLAMA_HOST": _running.urls["ollama"],
        "ELEVENLABS_BASE_URL": _running.urls["elevenlabs"],
        "ELEVENLABS_API_KEY": "a key",
        "DATABASE_PATH": str(tmp_path_factory.mktemp("mutants") / "memories.db"),
        "METRICS_TOKEN": "a token",
    }
    script = Path(__file__).with_name("exercise_mutants.py")
    command = [sys.executable, str(script), "none", "none", *NAMES]
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_there_are_mutants() -> None:
    """What follows holds of something."""
    assert len(NAMES) >= 12


def test_what_the_app_exposes_depends_on_its_sessions_alone(exposed: Exposed) -> None:
    """Two apps that do the same expose the same, to the last digit, so that a difference is the mutant's."""
    assert exposed[0] == exposed[1]
    assert [name for name, _ in exposed[2:]] == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_mutant_breaks_what_it_names(exposed: Exposed, name: str) -> None:
    """The metric's lines differ from those of the app as it is, or the answer to who has no token does."""
    broken: str = MUTANTS[name].metric
    sound, changed = exposed[0][1], dict(exposed)[name]
    assert [lines_of(broken, text) for text in sound] != [lines_of(broken, text) for text in changed]
