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
from promdrill_examples.aurea_orchestrator.vocabulary import Model

if TYPE_CHECKING:
    from conftest import Fakes

    Exposed = list[tuple[str, list[str]]]

SYSTEM = "aurea_orchestrator"
MUTANTS = mutation.mutants_of(SYSTEM)
NAMES = tuple(MUTANTS)
# Shows in how many tasks are active at once, and in nothing that one request after the other could show.
CONCURRENT = "event_loop_blocked"
EXPOSED_AS = {"FastAPI auto-instrumentation": "http_server_duration_milliseconds"}


def metric(name: str) -> str:
    """Return the name of the metric that a mutant breaks."""
    broken: str = MUTANTS[name].metric
    return EXPOSED_AS.get(broken, broken)


def lines_of(name: str, text: str) -> list[str]:
    """Return a metric's lines of an exposition, without what differs from run to run: the ids in paths."""
    lines = re.findall(rf"^(?:# \w+ )?{name}(?:_bucket|_count|_sum)?[ {{].*$", text, re.MULTILINE)
    return [re.sub(r"[0-9a-f]{32}", "ID", line) for line in lines]


@pytest.fixture(scope="module")
def exposed(_running: Fakes) -> Exposed:
    """Return what the app exposes before and after the same requests: as it is, twice, and with each mutant."""
    _running.configure(faults=None, latency=None, ollama={"models": [*Model], "capabilities": ["completion"]})
    _running.control.post("/reset").raise_for_status()
    script, root = Path(__file__).with_name("exercise_mutants.py"), Path(__file__).parents[4]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(root), *sys.path]),
        "OPENAI_BASE_URL": f"{_running.urls['ollama']}/v1",
        "OPENAI_API_KEY": "a key",
    }
    command = [sys.executable, str(script), "none", "none", *(name for name in NAMES if name != CONCURRENT)]
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_there_are_mutants() -> None:
    """What follows holds of something."""
    assert len(NAMES) >= 12


def test_what_the_app_exposes_depends_on_its_requests_alone(exposed: Exposed) -> None:
    """Two apps that do the same expose the same, to the last digit, so that a difference is the mutant's."""
    assert exposed[0] == exposed[1]


@pytest.mark.parametrize("name", [name for name in NAMES if name != CONCURRENT])
def test_a_mutant_breaks_the_metric_that_it_names(exposed: Exposed, name: str) -> None:
    """The metric's lines differ from those of the app as it is."""
    sound, broken = exposed[0][1], dict(exposed)[name]
    assert [lines_of(metric(name), text) for text in sound] != [lines_of(metric(name), text) for text in broken]
