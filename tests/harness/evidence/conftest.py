"""The evidence of a small run, as a run saves it, but for its TSDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promdrill import conventions
from promdrill.contract import load_scenario
from promdrill.evidence import PhaseTimes, RunRecord
from promdrill.evidence.folder import Recorder
from promdrill.evidence.suppressed import Suppressed
from promdrill_fakes.catalogue import services

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def record() -> RunRecord:
    """What was run: two phases, ten seconds."""
    return RunRecord(
        system="content_creation_crew",
        seed=7,
        mutant=None,
        short=False,
        started=1000.0,
        seconds=10.5,
        monotonic_offset=900.0,
        phases=(PhaseTimes("baseline", 1001.0, 1005.0), PhaseTimes("drain", 1005.0, 1010.0)),
        versions={"prometheus": "3.5.3"},
        factors={"HighLLMErrorRate": 60.0},
        evaluation_interval=0.25,
        scrape_interval=0.25,
        app="127.0.0.1:1",
    )


@pytest.fixture
def saved(tmp_path: Path, record: RunRecord) -> Path:
    """The folder of a finished run."""
    folder = tmp_path / "evidence"
    recorder = Recorder(folder)
    recorder.scenario(load_scenario(conventions.SCENARIOS / "content_creation_crew"))
    for name in (*services(), conventions.CLIENT_LEDGER):
        recorder.rows(f"ledgers/{name}.jsonl", [{"trace": "t", "started": 1.5, "finished": 2.0, "of": name}])
    for name in ("first", "last"):
        recorder.text(f"scrapes/{name}.txt", f"{name} 1\n")
        recorder.json(f"scrapes/{name}.json", {"status": 200, "content_type": "text/plain"})
    recorder.rows("notifications.jsonl", [{"received": 1004.5, "status": "firing", "text": "é\u2028"}])
    recorder.rows("held_back.jsonl", [Suppressed("High", "fault", None, 1.0, 2.0, ({"silenced": True},)).row])
    recorder.rows("rule_states.jsonl", [{"phase": "fault", "time": 1.0, "name": "High", "health": "ok"}])
    recorder.json("helpers.json", {"LLMMetrics.timer": {"error": "no"}})
    recorder.json("targets.json", {"activeTargets": [{"health": "up"}], "droppedTargets": []})
    recorder.json("scrapes/endpoints.json", {"GET /health": {"status": 200, "headers": {}, "body": "{}"}})
    recorder.json("scrapes/access.json", {"GET /metrics": {"nothing": 401}})
    recorder.json("retention.json", {"flag": "30d", "kept": "30d", "default": "15d"})
    recorder.finish(record)
    return folder
