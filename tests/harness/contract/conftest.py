"""A small system of its own whose folder is right in every way, to be broken by the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promdrill import conventions
from promdrill.contract import load_scenario
from promdrill.errors import ContractError
from tests.words import paragraph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

# Where a problem is: file name and line.
Place = tuple[str, int]

CONTRACT = """\
system: shop
documents: {doc: shop.md}
endpoints:
  - {endpoint: GET /metrics, content_type: text/plain, source: "doc:1"}
metrics:
  calls_total:
    type: counter
    labels: {model: [a]}
    witness: {ledger: ollama, by: {model: model}}
    source: "doc:1"
queries:
  - {expr: 'rate(calls_total[5m])', labels: [model], source: "doc:2"}
alerts:
  High:
    expr: rate(calls_total[5m]) > 1
    for: 5m
    severity: warning
    annotations: {summary: many calls}
    phase: fault
    receiver: drill
    source: "doc:3"
"""
DRILL = """\
app: {command: [python], port: 8000}
fakes: {serve: [ollama]}
load:
  BuyUser: {users: 1, every: 1s, count: 3}
phases:
  - {name: baseline, for: 4s}
  - {name: fault, until: firing, alert: High, faults: [breakdown]}
  - {name: recovery, until: resolved, alert: High}
faults:
  breakdown: {}
"""
RULES = """\
groups:
  - name: shop
    rules:
      - alert: High
        expr: rate(calls_total[5m]) > 1
        for: 300s
        labels: {severity: warning}
        annotations: {summary: many calls}
"""
USERS = "class BuyUser:\n    pass\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the system, in a project whose document has three lines."""
    monkeypatch.setattr(conventions, "ROOT", tmp_path)
    (tmp_path / "shop.md").write_text("one\ntwo\nthree\n", encoding="utf-8")
    folder = tmp_path / "shop"
    folder.mkdir()
    texts = {"contract.yml": CONTRACT, "drill.yml": DRILL, "alert.rules.yml": RULES, "users.py": USERS}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def problems_after(folder: Path, snapshot: SnapshotAssertion) -> Callable[..., list[Place]]:
    """Change texts in the folder, each given as (file name, old, new), and return where it is then refused.

    The words with which it is refused are compared with the test's snapshot.
    """

    def problems(*changes: tuple[str, str, str]) -> list[Place]:
        for name, old, new in changes:
            text = (folder / name).read_text(encoding="utf-8")
            assert old in text
            (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(ContractError) as raised:
            load_scenario(folder)
        found = raised.value.problems
        words = "\n".join(paragraph(one.what, remedy=one.remedy) for one in found)
        # Where the project lies is the machine's to say.
        assert words.replace(f"{conventions.PROMETHEUS.parent}/", "") == snapshot
        return [(one.file.removeprefix("shop/"), one.line) for one in found]

    return problems
