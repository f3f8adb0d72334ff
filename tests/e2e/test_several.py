"""Several systems in one run: a few at a time, each on its own, one verdict of all."""

from __future__ import annotations

import json
import shutil
import signal
from typing import TYPE_CHECKING, Any

import junitparser
import pytest

from promdrill import conventions
from promdrill.contract import bundled_systems

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.command import Command

pytestmark = pytest.mark.e2e
EXAMPLE = conventions.ROOT / "docs" / "examples" / "haiku"


@pytest.fixture
def copy(tmp_path: Path) -> Callable[..., Path]:
    """Give a way to have a copy of the documentation's example under another name, with a text changed in a file."""

    def make(name: str, file: str = "", old: str = "", new: str = "") -> Path:
        folder = shutil.copytree(EXAMPLE, tmp_path / name)
        if file:
            text = (folder / file).read_text(encoding="utf-8")
            assert old in text
            (folder / file).write_text(text.replace(old, new), encoding="utf-8")
        return folder

    return make


def verdicts(path: Path) -> tuple[int, str, list[tuple[str, str]]]:
    """Return schema, verdict and each system's own evidence and verdict from a JSON file."""
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return told["schema"], told["verdict"], [(system["evidence"], system["verdict"]) for system in told["systems"]]


def test_a_broken_contract_leaves_the_others_alone(
    promdrill: Callable[..., Command], copy: Callable[..., Path], tmp_path: Path
) -> None:
    """Each is drilled and reported as if alone; a contract that cannot be read makes it wrong use, whatever else."""
    copy("good")
    copy("wrong", "app.py", "inc(haiku.eval_count)", "inc(1)")
    copy("bad", "contract.yml", "type: gauge", "type: guage")
    files = ("--json", "v.json", "--junit", "v.xml", "--markdown", "v.md")
    command = promdrill("run", "./good", "./wrong", "./bad", "--short", "--evidence", "e", *files)
    assert command.ended() == 2, command.said()
    told = [("e/good", "passed"), ("e/wrong", "failed"), ("", "inconclusive")]
    assert verdicts(tmp_path / "v.json") == (1, "failed", told)
    *_, good, wrong, bad, last = command.said().splitlines()
    assert good.startswith("haiku in a short run: passed: ")
    assert wrong.startswith("haiku in a short run: failed: haiku_tokens_total, in ")
    assert bad.startswith("bad: inconclusive: the drill, in ")
    assert last.startswith("3 systems: failed, in ")
    assert "bad/contract.yml:31: metrics.haiku_open.type: " in command.said()
    assert (tmp_path / "v.md").read_text(encoding="utf-8").count("\n## ") == 2
    suites = {suite.name for suite in junitparser.JUnitXml.fromfile(str(tmp_path / "v.xml"))}
    assert {"haiku.counter", "bad.load"} <= suites
    assert promdrill("replay", "e/good").ended() == 0
    command.nothing_left()


def test_no_more_at_a_time_than_asked(promdrill: Callable[..., Command], copy: Callable[..., Path]) -> None:
    """With one job a drill begins when the one before has ended."""
    copy("one")
    copy("other")
    command = promdrill("run", "./one", "./other", "--short", "--jobs", "1")
    command.concludes(0)
    lines = [line.partition(" s  ")[2].split(maxsplit=1) for line in command.said().splitlines() if " s  " in line]
    assert [system for system, _ in lines] == sorted(system for system, _ in lines)
    assert [text for _, text in lines if text == "begins"] == ["begins", "begins"]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_an_end_in_mid_run_leaves_nothing_behind(
    promdrill: Callable[..., Command], copy: Callable[..., Path], number: signal.Signals, code: int
) -> None:
    """Ctrl-C, a request to end, and a kill end every drill, those that wait too."""
    names = ("one", "other", "third")
    for name in names:
        copy(name)
    command = promdrill("run", *(f"./{name}" for name in names))
    for name in names[:2]:
        command.until_said(f"s  {name:5}  baseline")
    command.process.send_signal(number)
    assert command.ended() == code
    assert "third" not in command.said()
    command.nothing_left()


def test_a_drill_that_is_killed_is_named(
    promdrill: Callable[..., Command], copy: Callable[..., Path], tmp_path: Path
) -> None:
    """What gives no verdict is inconclusive and says how it ended; the other goes on."""
    copy("one")
    copy("other")
    command = promdrill("run", "./one", "./other", "--short", "--evidence", "e", "--json", "v.json")
    command.until_said("s  other  start")
    command.part("run ./other").kill()
    assert command.ended() == 3, command.said()
    assert verdicts(tmp_path / "v.json") == (1, "inconclusive", [("e/one", "passed"), ("", "inconclusive")])
    assert "other could not be drilled: killed by SIGKILL. The end of its log, e/logs/other.log:" in command.said()
    command.nothing_left()


def test_all_means_every_bundled_system(promdrill: Callable[..., Command], tmp_path: Path) -> None:
    """`--all` drills each bundled system, in short runs too."""
    command = promdrill("run", "--all", "--short", "--json", "v.json", "--evidence", "e")
    assert command.ended(300) == 0, command.said()
    assert verdicts(tmp_path / "v.json") == (1, "passed", [(f"e/{name}", "passed") for name in bundled_systems()])
    command.nothing_left()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nothing to drill: name a system, or say --all"),
        (("--all", "content_creation_crew"), "--all drills every bundled system: do not name a system too"),
        (("--all", "--mutant", "any"), "a mutant breaks one app: name one system"),
        (("content_creation_crew", "nothing_of_that_name"), "there is no system 'nothing_of_that_name'"),
        (("--all", "--jobs", "0"), "0 is not in the range x>=1"),
    ],
)
def test_wrong_use_starts_nothing(promdrill: Callable[..., Command], arguments: tuple[str, ...], said: str) -> None:
    """What cannot be meant is told, and ends with 2."""
    command = promdrill("run", *arguments)
    assert command.ended() == 2
    assert said in command.said()
