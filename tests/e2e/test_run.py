"""The main job from start to verdict, on every Prometheus that is to be tested."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from promdrill import conventions
from promdrill.contract import bundled_systems, load_scenario
from promdrill.model import OBSERVABLE
from tests.e2e.command import prometheus_folders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.command import Command

pytestmark = pytest.mark.e2e
SYSTEM = "content_creation_crew"
COUNTS_FAILURE = "failures.labels(model).inc()"


@pytest.mark.parametrize("system", bundled_systems())
@pytest.mark.parametrize("folder", prometheus_folders())
def test_a_documented_system_passes(whole_run: Callable[..., Path], folder: str, system: str) -> None:
    """A healthy run passes, every claim checked, every alert lived through, nothing left running."""
    verdict = json.loads(whole_run(system, folder).read_text())
    assert (verdict["schema"], verdict["system"], verdict["verdict"]) == (1, system, "passed")
    assert verdict["coverage"]["claims"] == verdict["coverage"]["checked"]
    drilled_alerts = load_scenario(conventions.SCENARIOS / system).contract.drilled_alerts
    lives = {life["alert"]: life for life in verdict["alerts"] if life["alert"] in drilled_alerts}
    assert set(lives) == set(drilled_alerts)
    for life in lives.values():
        assert (life["factor"] > 1, life["proof"]) == (True, ["live", "virtual"])
        assert life["seen"] == list(OBSERVABLE)
        assert [state for state, _ in life["states"]] == ["inactive", "pending", "firing", "resolved"]
        assert [state for state, _ in life["virtual"]["states"]] == [state for state, _ in life["states"]]
        assert {"firing", "resolved", "receiver"} == set(life["notified"])
    assert verdict["coverage"]["undrilled"] == []
    assert {result["status"] for result in verdict["results"]} == {"passed", "erratum"}


def test_replay_gives_the_verdict_of_the_run(promdrill: Callable[..., Command], tmp_path: Path) -> None:
    """The evidence alone, with no stack, yields the same results, and can be replayed again and again."""
    promdrill("run", SYSTEM, "--short", "--json", "run.json", "--evidence", "e").concludes(0)
    assert promdrill("replay", "e", "--json", "one.json").ended() == 0
    assert promdrill("replay", "e", "--json", "two.json").ended() == 0
    run, one, two = (_timeless(tmp_path / f"{name}.json") for name in ("run", "one", "two"))
    assert run == one == two


def test_a_system_is_also_a_folder(promdrill: Callable[..., Command], tmp_path: Path) -> None:
    """A copy of a bundled system, named by its path, runs like the original."""
    shutil.copytree(conventions.SCENARIOS / SYSTEM, tmp_path / "mine")
    shutil.copytree(conventions.PROMETHEUS / SYSTEM, tmp_path / "mine", dirs_exist_ok=True)
    command = promdrill("run", "./mine", "--short")
    command.concludes(0)


def _timeless(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text()))


def test_an_alert_whose_cause_is_not_counted_fails(
    promdrill: Callable[..., Command], haiku: Path, tmp_path: Path
) -> None:
    """In a full run of an app that counts no failures the alert stays inactive, and the verdict says so."""
    app = haiku / "app.py"
    counted = app.read_text()
    assert COUNTS_FAILURE in counted
    app.write_text(counted.replace(COUNTS_FAILURE, "pass"))
    command = promdrill("run", "./haiku", "--json", "v.json")
    assert command.ended() == 1, command.said()
    results = json.loads((tmp_path / "v.json").read_text())["results"]
    [alert] = [result for result in results if (result["kind"], result["subject"]) == ("alert", "HaikuFailing")]
    # On a machine that cannot keep up with the load as well, it is in doubt which of the two it was.
    assert (alert["status"] in {"failed", "inconclusive"}, alert["evidence"]["seen"]) == (True, "inactive")
    assert "HaikuFailing was inactive" in alert["message"]
