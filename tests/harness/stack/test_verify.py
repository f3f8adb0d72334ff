"""What the fakes and promtool themselves say of a scenario."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from promdrill import conventions
from promdrill.contract import load_scenario
from promdrill.errors import ContractError, Problem, StackError
from promdrill.stack import verify as module
from promdrill.stack.verify import verify
from tests.words import generic

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

    from promdrill.contract import Scenario

SYSTEM = "content_creation_crew"
LATER = """\
  - name: later
    rules:
      - record: fine
        expr: sum(up)
      - alert: Odd
        expr: up == 0
        annotations:
          summary: "{{ nonsense $value }}"
"""


ODD_FAULT = "  odd: {service: ollama, trigger: {evry: 2}, effect: {status: 500}}\n"


def silent(_text: str) -> None:
    """Announce nothing."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a bundled system."""
    shutil.copytree(conventions.SCENARIOS / SYSTEM, tmp_path / "mine")
    shutil.copytree(conventions.PROMETHEUS / SYSTEM, tmp_path / "mine", dirs_exist_ok=True)
    return tmp_path / "mine"


def change(path: Path, old: str, new: str) -> int:
    """Replace a text and return the line of the new one."""
    text = path.read_text().replace(old, new, 1)
    path.write_text(text)
    return text[: text.index(new)].count("\n") + 1


def refused(scenario: Scenario) -> tuple[Problem, ...]:
    """Return the problems that a scenario is refused for."""
    with pytest.raises(ContractError) as raised:
        verify(scenario, silent)
    return raised.value.problems


def test_bundled() -> None:
    """A bundled system is not refused."""
    verify(load_scenario(conventions.SCENARIOS / SYSTEM), silent)


def test_all_at_once(folder: Path, snapshot: SnapshotAssertion) -> None:
    """What the fakes refuse and what promtool refuses is told together, each with file and line, as often as asked."""
    rules, drill = folder / conventions.ALERT_RULES, folder / conventions.DRILL_FILE
    start = rules.read_text().count("\n") + 1
    rules.write_text(rules.read_text() + LATER)
    line = change(drill, "\nfaults:\n", f"\nfaults:\n{ODD_FAULT}") + 2
    scenario = load_scenario(folder)
    found = refused(scenario)
    assert [(problem.file, problem.line) for problem in found] == [(str(rules), start + 4), (str(drill), line)]
    assert "\n".join(problem.what for problem in found) == snapshot
    assert refused(scenario) == found


def test_names(folder: Path) -> None:
    """A bad label name, which no YAML check knows, is refused with promtool's words."""
    rules = folder / conventions.ALERT_RULES
    rules.write_text(
        rules.read_text()
        + LATER.replace("annotations:", "labels:").replace('summary: "{{ nonsense $value }}"', '"": x')
    )
    (problem,) = refused(load_scenario(folder))
    assert (problem.file, "invalid label name" in problem.what) == (str(rules), True)


CONFIG = """\
scrape_configs:
  - job_name: app
    metric_path: /metrics
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [(None, 1), (CONFIG, 3), ("rule_files: [gone.yml]\n", 1)],
    ids=["no file", "unknown key", "no such rules"],
)
def test_configuration(folder: Path, text: str | None, line: int, snapshot: SnapshotAssertion) -> None:
    """A documented Prometheus configuration that is not there, or that promtool refuses, is refused."""
    change(
        folder / conventions.CONTRACT_FILE, '"localhost:8000/metrics", ', '"localhost:8000/metrics", config: p.yml, '
    )
    name = folder / "p.yml"
    if text:
        name.write_text(text)
    [problem] = refused(load_scenario(folder))
    assert (problem.file, problem.line, problem.remedy) == (str(name), line, "")
    assert generic(problem.what, name=name, folder=folder) == snapshot


def test_good_configuration(folder: Path) -> None:
    """A documented configuration that promtool accepts is not refused."""
    change(
        folder / conventions.CONTRACT_FILE, '"localhost:8000/metrics", ', '"localhost:8000/metrics", config: p.yml, '
    )
    (folder / "p.yml").write_text(CONFIG.replace("metric_path", "metrics_path"))
    verify(load_scenario(folder), silent)


def test_no_rules(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system without rules needs no promtool."""
    monkeypatch.setenv("PROMDRILL_PROMTOOL", str(folder / "nowhere"))
    scenario = load_scenario(folder)
    verify(type(scenario)(folder, scenario.contract, scenario.drill, (), (), scenario.drill_file), silent)


def test_promtool_that_fails(folder: Path, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion) -> None:
    """A promtool that ends with an error and names no file could not look."""
    promtool = folder / "promtool"
    promtool.write_text(
        "#!/bin/sh\n[ $1 != --version ] || exec echo promtool, version 3.5.3\necho broken >&2; exit 2\n"
    )
    promtool.chmod(0o755)
    monkeypatch.setenv("PROMDRILL_PROMTOOL", str(promtool))
    with pytest.raises(StackError) as raised:
        verify(load_scenario(folder), silent)
    name = folder / conventions.RECORDING_RULES
    assert generic(str(raised.value), name=name) == snapshot


def test_no_answer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fakes that do not answer in time could not look."""
    monkeypatch.setattr(module, "SECONDS", 0.001)
    with pytest.raises(StackError, match=r"-m promdrill_fakes\.check: no answer within 0\.001 s"):
        verify(load_scenario(folder), silent)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("route: {receiver: a}\nreceivers:\n- name: a\n  pager_configs: []\n", 4, "field pager_configs not found"),
        ("route: {receiver: a, matchers: [b=c]}\nreceivers: [{name: a}]\n", 1, "root route must not have any matchers"),
    ],
)
def test_alertmanager(folder: Path, text: str, line: int, words: str) -> None:
    """What Alertmanager refuses in a system's own configuration is told in its words, with the line that it names."""
    path = folder / conventions.ALERTMANAGER_TEMPLATE
    path.write_text(text)
    contract = folder / conventions.CONTRACT_FILE
    contract.write_text(re.sub(r"receiver: \w+", "receiver: a", contract.read_text()))
    [problem] = refused(load_scenario(folder))
    assert (problem.file, problem.line) == (str(path), line)
    assert words in problem.what
