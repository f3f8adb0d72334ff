"""Each named way to break the app's instrumentation is caught, and its metric named."""

from __future__ import annotations

import itertools
import json
import shutil
import signal
from typing import TYPE_CHECKING, Any

import pytest

from promdrill import conventions
from promdrill.contract import bundled_systems, load_scenario
from promdrill.mutants import list_mutants
from tests.e2e.command import prometheus_folders, with_prometheus

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.command import Command
    from tests.e2e.machine import Machine

pytestmark = pytest.mark.e2e
SYSTEM = "aurea_orchestrator"
HAIKU = conventions.ROOT / "docs" / "examples" / "haiku"
# What starts the app of the example with a mutant: one that breaks it, and one that does nothing.
BREAKING = """
import os
import runpy

import prometheus_client


def mutant(metric):
    return lambda function: function


@mutant("haiku_requests_total")
def twice():
    \"\"\"Each request is counted twice.\"\"\"
    inc = prometheus_client.Counter.inc
    prometheus_client.Counter.inc = lambda self, amount=1, exemplar=None: inc(self, 2 * amount, exemplar)


@mutant("haiku_requests_total")
def idle():
    \"\"\"Nothing is broken.\"\"\"


if __name__ == "__main__":
    if name := os.environ.get("PROMDRILL_MUTANT"):
        globals()[name]()
    runpy.run_path("app.py", run_name="__main__")
"""


def read(path: Path) -> Any:  # noqa: ANN401 - whatever the JSON holds
    """Return what a file of JSON holds."""
    return json.loads(path.read_text(encoding="utf-8"))


def failed_results(results: list[dict[str, Any]], metric: str) -> set[tuple[str, str]]:
    """Return which claims failed and name a metric."""
    return {
        (one["kind"], one["subject"])
        for one in results
        if one["status"] == "failed" and metric in f"{one['subject']} {one['message']}"
    }


# Each system on one version of Prometheus, the versions in turn.
@pytest.mark.parametrize(
    ("system", "folder"), list(zip(bundled_systems(), itertools.cycle(prometheus_folders()), strict=False))
)
def test_every_mutant_is_caught(
    promdrill: Callable[..., Command], machine: Machine, tmp_path: Path, system: str, folder: str
) -> None:
    """The matrix ends with 0: for each mutant a failed result names the metric with what was expected and seen."""
    machine.heavy()
    command = promdrill("mutants", system, "--run", "--json", "m.json", **with_prometheus(folder))
    assert command.ended(600) == 0, command.said()
    command.nothing_left()
    told = read(tmp_path / "m.json")
    listed = list_mutants(load_scenario(conventions.SCENARIOS / system))
    assert {(one["name"], one["metric"]): (one["verdict"], one["outcome"]) for one in told["mutants"]} == {
        (mutant.name, mutant.metric): ("failed", "caught") for mutant in listed
    }
    assert told["control"]["verdict"] == "passed"
    for one in told["mutants"]:
        assert failed_results(one["results"], one["metric"]), one
        assert all(result["evidence"] and result["remedy"] for result in one["results"]), one


def test_a_run_of_its_own_says_the_same(promdrill: Callable[..., Command], tmp_path: Path) -> None:
    """A whole stack for one mutant ends with 1, and the same claims are broken as in the matrix."""
    name, metric = "tokens_under_the_wrong_model", "aurea_llm_tokens_total"
    command = promdrill("run", SYSTEM, "--mutant", name, "--json", "v.json")
    command.concludes(1)
    alone = failed_results(read(tmp_path / "v.json")["results"], metric)
    matrix = promdrill("mutants", SYSTEM, name, "--run", "--json", "m.json")
    assert matrix.ended() == 0, matrix.said()
    (told,) = read(tmp_path / "m.json")["mutants"]
    assert failed_results(told["results"], metric) == alone
    assert alone


def test_one_that_survives(promdrill: Callable[..., Command], tmp_path: Path) -> None:
    """A user's own mutants are run as well, and one that nothing notices ends the matrix with 1."""
    shutil.copytree(HAIKU, tmp_path / "haiku", ignore=shutil.ignore_patterns("__pycache__"))
    drill = tmp_path / "haiku" / "drill.yml"
    text = drill.read_text(encoding="utf-8")
    changed = text.replace('["{python}", app.py]\n', '["{python}", broken.py]\n  mutants: broken.py\n')
    drill.write_text(changed, encoding="utf-8")
    (tmp_path / "haiku" / "broken.py").write_text(BREAKING, encoding="utf-8")
    command = promdrill("mutants", "./haiku", "--run", "--json", "m.json")
    assert command.ended() == 1, command.said()
    told = {one["name"]: one["outcome"] for one in read(tmp_path / "m.json")["mutants"]}
    assert told == {"idle": "survived", "twice": "caught"}
    assert "no failed result names haiku_requests_total" in command.said()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_behind(promdrill: Callable[..., Command], number: signal.Signals) -> None:
    """Whatever ends a matrix in its midst ends all that it has started."""
    command = promdrill("mutants", SYSTEM, "--run")
    command.until_said("1 of ")
    command.process.send_signal(number)
    assert command.ended() in {130, -signal.SIGKILL}, command.said()
    command.nothing_left()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rules", "--run"), "--run runs the mutants of the app: leave --rules out"),
        (("nothing", "--run"), "there is no mutant 'nothing'"),
        (("tokens_estimated",), "names, --jobs and --json are for --run"),
    ],
)
def test_wrong_use(promdrill: Callable[..., Command], arguments: tuple[str, ...], said: str) -> None:
    """What cannot be meant is told, and ends with 2."""
    command = promdrill("mutants", SYSTEM, *arguments)
    assert command.ended() == 2
    assert said in command.said()
