from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest

from promdrill import conventions
from promdrill.contract import load_scenario
from promdrill.errors import ContractError, EvidenceError, Exit
from promdrill.evidence import Evidence, PhaseTimes, RunRecord, load_evidence
from promdrill.evidence.folder import Recorder
from promdrill.evidence.suppressed import Suppressed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_round_trip(saved: Path, record: RunRecord) -> None:
    """What a run saved is read back as it was."""
    evidence = load_evidence(saved)
    assert evidence.run == record
    assert evidence.scenario.contract.system == "content_creation_crew"
    assert next(rule.name for rule in evidence.scenario.rules if rule.alert) == "HighLLMErrorRate"
    kept = saved / "scenario" / conventions.DASHBOARDS / "content_creation_crew.json"
    assert [dashboard.path for dashboard in evidence.scenario.dashboards] == [kept]
    assert evidence.ledgers.rows("tts") == ({"trace": "t", "started": 1.5, "finished": 2.0, "of": "tts"},)
    assert evidence.notifications == ({"received": 1004.5, "status": "firing", "text": "é\u2028"},)
    assert evidence.suppressed == (Suppressed("High", "fault", None, 1.0, 2.0, ({"silenced": True},)),)
    assert evidence.rule_records == ({"phase": "fault", "time": 1.0, "name": "High", "health": "ok"},)
    assert (evidence.scenario.routing.path, evidence.scenario.routing.own) == (
        saved / "scenario/alertmanager.yml",
        True,
    )
    assert (evidence.first_scrape.text, evidence.last_scrape.text) == ("first 1\n", "last 1\n")
    assert evidence.helpers == {"LLMMetrics.timer": {"error": "no"}}
    assert evidence.targets == ({"health": "up"},)
    assert evidence.answers == {"GET /health": {"status": 200, "headers": {}, "body": "{}"}}
    assert evidence.access == {"GET /metrics": {"nothing": 401}}
    assert evidence.retention == {"flag": "30d", "kept": "30d", "default": "15d"}
    assert evidence.log is None


def test_times(saved: Path) -> None:
    """Evidence knows when its run began and ended, when its phases were, and when queries are asked."""
    evidence = load_evidence(saved)
    assert (evidence.start, evidence.under_load, evidence.end) == (1000.0, 1005.0, 1010.0)
    assert evidence.baseline == PhaseTimes("baseline", 1001.0, 1005.0)
    assert evidence.phase("drain") == PhaseTimes("drain", 1005.0, 1010.0)
    with pytest.raises(EvidenceError) as raised:
        evidence.phase("storm")
    assert str(raised.value) == f"{saved}: the run had no phase 'storm'"


def test_no_prometheus(saved: Path) -> None:
    """A question to Prometheus without one is an error, not an empty answer."""
    with pytest.raises(EvidenceError) as raised:
        load_evidence(saved).query("up", 1000)
    assert str(raised.value) == f"{saved}: no Prometheus was started on its TSDB"


def test_not_evidence(tmp_path: Path) -> None:
    """A folder without the record of a run is no evidence, which is a wrong use."""
    with pytest.raises(EvidenceError) as raised:
        load_evidence(tmp_path)
    assert (raised.value.exit_code, str(raised.value).partition(".")[0]) == (
        Exit.WRONG_USE,
        f"{tmp_path} is not the evidence of a finished run: it has no run",
    )


def test_other_schema(saved: Path) -> None:
    """Evidence of another schema is refused, with both."""
    data = json.loads((saved / "run.json").read_text(encoding="utf-8"))
    (saved / "run.json").write_text(json.dumps({**data, "schema": 2}), encoding="utf-8")
    with pytest.raises(EvidenceError) as raised:
        load_evidence(saved)
    assert str(raised.value) == f"{saved / 'run.json'} has schema 2; this promdrill reads 1"


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "null", "{}", '{"schema": 1}', '{"schema": 1, "phases": [{}]}'])
def test_broken_record(saved: Path, text: str) -> None:
    """A broken record of the run is told by its path."""
    (saved / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(EvidenceError) as raised:
        load_evidence(saved)
    assert str(raised.value).startswith(f"{saved / 'run.json'} cannot be read: ")


def test_missing_contract(saved: Path) -> None:
    """Evidence whose contract is gone is refused as a contract would be."""
    (saved / "scenario" / "contract.yml").unlink()
    with pytest.raises(ContractError) as raised:
        load_evidence(saved)
    assert "file not found" in [problem.what for problem in raised.value.problems]


READERS: dict[str, Callable[[Evidence], object]] = {
    "ledgers/s3.jsonl": lambda evidence: evidence.ledgers,
    "notifications.jsonl": lambda evidence: evidence.notifications,
    "held_back.jsonl": lambda evidence: evidence.suppressed,
    "rule_states.jsonl": lambda evidence: evidence.rule_records,
    "scrapes/first.txt": lambda evidence: evidence.first_scrape,
    "scrapes/last.json": lambda evidence: evidence.last_scrape,
    "helpers.json": lambda evidence: evidence.helpers,
    "targets.json": lambda evidence: evidence.targets,
    "scrapes/endpoints.json": lambda evidence: evidence.answers,
    "scrapes/access.json": lambda evidence: evidence.access,
    "retention.json": lambda evidence: evidence.retention,
}


@pytest.mark.parametrize("name", READERS)
def test_missing_file(saved: Path, name: str) -> None:
    """A missing file is told by its path, by whatever reads it."""
    (saved / name).unlink()
    with pytest.raises(EvidenceError) as raised:
        READERS[name](load_evidence(saved))
    assert str(raised.value).startswith(f"{saved / name} cannot be read: ")


@pytest.mark.parametrize("name", [name for name in READERS if not name.endswith(".txt")])
@pytest.mark.parametrize("text", [b"{", b"5", b"[]", b"\xff"])
def test_broken_file(saved: Path, name: str, text: bytes) -> None:
    """A broken file is told by its path, by whatever reads it."""
    (saved / name).write_bytes(text)
    with pytest.raises(EvidenceError) as raised:
        READERS[name](load_evidence(saved))
    assert str(raised.value).startswith(f"{saved / name} ")


def test_a_document_named_by_an_absolute_path_stays_where_it_is(tmp_path: Path) -> None:
    """A document outside the scenario's tree is neither copied onto itself nor written over."""
    guide = tmp_path / "guide.md"
    guide.write_text("dear")
    bundled = load_scenario(conventions.SCENARIOS / "content_creation_crew")
    contract = bundled.contract.model_copy(update={"documents": {"doc": str(guide)}})
    Recorder(tmp_path / "evidence").scenario(dataclasses.replace(bundled, contract=contract))
    assert guide.read_text() == "dear"
    assert [path.name for path in (tmp_path / "evidence" / "scenario").rglob("*.md")] == []
