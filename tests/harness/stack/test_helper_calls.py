"""Helpers of an app's instrumentation, called in a process of their own."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from promdrill import conventions
from promdrill.contract import load_scenario
from promdrill.contract.records import Helpers
from promdrill.stack import helper_calls
from promdrill.stack.processes import Processes

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

METRICS = """
from prometheus_client import CollectorRegistry, Counter
REGISTRY = CollectorRegistry()
CALLS = Counter("calls", "", ["model"], registry=REGISTRY)
class Metrics:
    @staticmethod
    def record(model, further=None):
        CALLS.labels(model).inc()
"""
ANSWER = {"parameters": ["model", "further"], "effect": {'calls_total{model="a"}': 1.0}}


def called(folder: Path, text: str, module: str = "metrics_of_mine") -> Any:  # noqa: ANN401 - JSON
    """Return what calling the one helper of a module beside `contract.yml` gave; creation times are left out."""
    (folder / f"{module}.py").write_text(text)
    helper = {"parameters": ["model"], "call": {"model": "a"}, "effect": {}, "source": "doc:1"}
    helpers = Helpers.model_validate(
        {"module": module, "registry": "REGISTRY", "interface": {"Metrics.record": helper}}
    )
    scenario = load_scenario(conventions.SCENARIOS / "content_creation_crew")
    contract = scenario.contract.model_copy(update={"helpers": helpers, "errata": ()})
    with Processes() as processes:
        answers = helper_calls.call_helpers(dataclasses.replace(scenario, folder=folder, contract=contract), processes)
    assert list(answers) == ["Metrics.record"]
    answer = answers["Metrics.record"]
    for series in [series for series in answer.get("effect", ()) if series.startswith("calls_created")]:
        del answer["effect"][series]
    return answer


def test_module_beside_the_contract(tmp_path: Path) -> None:
    """A user's own module, beside his contract, is found; the answer is its parameters and the effect of one call."""
    assert called(tmp_path, METRICS) == ANSWER


@pytest.mark.parametrize("module", ["cache", "release", "stack"])
def test_module_named_like_ours(tmp_path: Path, module: str) -> None:
    """A module of the app's may have the name of one of promdrill's."""
    assert called(tmp_path, METRICS, module) == ANSWER


def test_module_that_prints(tmp_path: Path) -> None:
    """What a module prints, on import or when it is called, is not in the way of the answer."""
    assert called(tmp_path, METRICS + "        print('called')\nprint('{imported}')\n") == ANSWER


def test_module_that_is_not_there(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """A module that fails on import makes each answer an error, with what Python said."""
    assert called(tmp_path, "import nothing_of_that_name") == {"error": snapshot}


def test_module_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion) -> None:
    """A module that does not end its import makes each answer an error."""
    monkeypatch.setattr(helper_calls, "SECONDS", 1.0)
    assert called(tmp_path, "import signal; signal.pause()") == {"error": snapshot}


def test_module_that_exits(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """A module that ends the process, well or not, makes each answer an error."""
    assert called(tmp_path, "raise SystemExit") == {"error": snapshot}


def test_helper_that_exits(tmp_path: Path) -> None:
    """A helper that ends the process is its own answer."""
    assert called(tmp_path, METRICS + "        raise SystemExit(4)") == {"error": "SystemExit: 4"}
