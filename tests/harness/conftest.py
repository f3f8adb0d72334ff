"""Crafted runs: real evidence folders, and one real Prometheus that holds the series of all of them.

A test module lists its runs in RUNS, by name, and what they share in CONTRACT. Each run has an hour of its own in one
TSDB. All of it is data, times in seconds into the run, and every key may be left out:

- contract, drill: what is merged over CONTRACT and over DRILL; rules: the system's rules
- answers, access, retention: what the running stack answered when it was asked; log: the lines of the app's log
- series: values by series in PromQL notation, one value a second from the run's start, None where there is no sample;
  `up` is 1 all along where it is not among them; times (ALERTS_FOR_STATE and `_timestamp_seconds`) count from the run's
  start, too
- ledgers: rows by ledger; notifications: Alertmanager's payloads with `received`; helpers, targets: as a run saves them
- first, last: text of the metrics endpoint; status, content_type: what it was answered with, both times
- load_report: what the load generator told of itself; aborted: which threshold ended it, where one did
- held, evaluated: as a run saves them, with times in seconds into the run; routing: Alertmanager's configuration
- short, factors: as in a run's record; lag: how late the fakes were, nothing about it where it is left out
- phases: when each was, in seconds into the run, in place of PHASES; started: when the run began, where it was later
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import subprocess
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import yaml

from promdrill import conventions
from promdrill.contract import Contract, Drill, Scenario
from promdrill.contract.routing import read_routing
from promdrill.evidence import Evidence, PhaseTimes, RunRecord
from promdrill.evidence.folder import Recorder
from promdrill.rules.rulefile import Rule
from promdrill.stack import binaries
from promdrill.stack.replay import prometheus_on
from promdrill.yamlfile import YamlFile
from tests import pure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from promdrill.evidence.prometheus_api import PrometheusApi

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("promdrill", deadline=None)
hypothesis.settings.load_profile("promdrill")

DRILL: dict[str, Any] = {
    "app": {"command": ["python"], "port": 8000},
    "prometheus": {"scrape_interval": "1s", "evaluation_interval": "1s"},
    "load": {"BuyUser": {"users": 1, "every": "16s", "count": 1}},  # one turn from the baseline to the drain
    "phases": [{"name": "fault", "for": "4s", "faults": ["breakdown"]}],
    "faults": {"breakdown": {}},
}
PHASES = {"warm-up": (0, 2), "baseline": (2, 6), "fault": (6, 10), "recovery": (10, 18), "drain": (18, 20)}
FIRST_START = 1_700_000_000.0
APART = 3600.0
TARGET = 'instance="app:1",job="app"'

Begun = dict[tuple[str, str], float]


@pytest.fixture(scope="session")
def begun(request: pytest.FixtureRequest) -> Begun:
    """When each crafted run of the session began, in epoch seconds, by test module and name."""
    modules = {item.module.__name__: item.module for item in request.session.items if isinstance(item, pytest.Function)}
    runs = [(name, run) for name, module in sorted(modules.items()) for run in getattr(module, "RUNS", ())]
    return {run: FIRST_START + APART * index for index, run in enumerate(runs)}


@pytest.fixture(scope="session")
def prometheus(
    request: pytest.FixtureRequest, begun: Begun, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PrometheusApi]:
    """A Prometheus that holds the series of every crafted run of the session."""
    modules = {item.module.__name__: item.module for item in request.session.items if isinstance(item, pytest.Function)}
    folder = tmp_path_factory.mktemp("series")
    lines = [line for (module, run), start in begun.items() for line in _lines(modules[module].RUNS[run], start)]
    (folder / "series.om").write_text("\n".join([*lines, "# EOF", ""]), encoding="utf-8")
    with contextlib.ExitStack() as opened:
        with pure.shared():
            promtool = str(binaries.find("promtool").path)
            command = [promtool, "tsdb", "create-blocks-from", "openmetrics", "series.om", "tsdb"]
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
            api = opened.enter_context(prometheus_on(folder / "tsdb"))
        yield api


def _lines(run: Mapping[str, Any], start: float) -> Iterator[str]:
    given = run.get("series")
    for series, values in {"up": [1] * 21, **given}.items() if given is not None else ():
        name, _, labels = series.rstrip("}").partition("{")
        for second, value in enumerate(values):
            if value is not None:
                # Some series hold times.
                timed = name == "ALERTS_FOR_STATE" or name.endswith("_timestamp_seconds")
                shown = start + value if timed else value
                yield f"{name}{{{','.join(filter(None, (TARGET, labels)))}}} {shown} {start + second:.3f}"


@pytest.fixture
def evidence_of(request: pytest.FixtureRequest, begun: Begun, tmp_path: Path) -> Callable[[str], Evidence]:
    """Return the evidence of one of the test module's RUNS."""
    module = request.module
    assert isinstance(module, ModuleType)

    def evidence(name: str) -> Evidence:
        run: dict[str, Any] = module.RUNS[name]
        start = begun[module.__name__, name]
        _save(Recorder(tmp_path / name), run, start)
        record = RunRecord(
            system="shop",
            seed=1,
            mutant=None,
            short=run.get("short", False),
            started=start + run.get("started", 0.0),
            seconds=20.0,
            monotonic_offset=start,
            phases=tuple(
                PhaseTimes(phase, start + begin, start + end)
                for phase, (begin, end) in run.get("phases", PHASES).items()
            ),
            versions={},
            factors=run.get("factors", {}),
            evaluation_interval=1.0,
            scrape_interval=1.0,
            app="127.0.0.1:1",
        )
        found = Evidence(tmp_path / name, record, _scenario(getattr(module, "CONTRACT", {}), run, tmp_path))
        return found.asking(request.getfixturevalue("prometheus")) if "series" in run else found

    return evidence


def _scenario(shared: Mapping[str, Any], run: Mapping[str, Any], folder: Path) -> Scenario:
    promised = {"system": "shop", "documents": {"doc": "docs/shop.md"}, **shared, **run.get("contract", {})}
    rules = tuple(
        Rule.model_validate({"file": "alert.rules.yml", "group": "g", **rule}) for rule in run.get("rules", ())
    )
    drill = Drill.model_validate({**DRILL, **run.get("drill", {})})
    contract = Contract.model_validate(promised)
    file = folder / "alert.rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": list(run.get("rules", ()))}]}))
    scenario = Scenario(folder, contract, drill, (file,), rules, YamlFile("drill.yml"))
    if "routing" not in run:
        return scenario
    configured = folder / "routing"
    configured.mkdir(exist_ok=True)
    (configured / conventions.ALERTMANAGER_TEMPLATE).write_text(json.dumps(run["routing"]), encoding="utf-8")
    routing, read = read_routing(configured)
    assert routing, read.problems
    return replace(scenario, routing=routing)


def _payload(sent: Mapping[str, Any], start: float) -> dict[str, Any]:
    """Return a notification as the webhook keeps it: in real times, and come by the URL of its receiver."""

    def dated(one: Mapping[str, Any]) -> dict[str, Any]:
        times = {key: one[key] for key in ("startsAt", "endsAt") if key in one}
        return {
            **one,
            **{key: dt.datetime.fromtimestamp(start + at, dt.UTC).isoformat() for key, at in times.items()},
        }

    return {
        "via": sent["receiver"],
        "groupKey": str(sent["groupLabels"]),
        **sent,
        "received": start + sent["received"],
        "alerts": [dated(one) for one in sent["alerts"]],
    }


def _save(recorder: Recorder, run: Mapping[str, Any], start: float) -> None:
    for name in ("ollama", "tts", "s3", "client"):
        recorder.rows(f"ledgers/{name}.jsonl", run.get("ledgers", {}).get(name, ()))
    recorder.rows("notifications.jsonl", [_payload(one, start) for one in run.get("notifications", ())])
    recorder.rows(
        "held_back.jsonl",
        [{**one, "start": start + one["start"], "end": start + one["end"]} for one in run.get("held", ())],
    )
    recorder.rows("rule_states.jsonl", [{**one, "time": start + one["time"]} for one in run.get("evaluated", ())])
    for name in ("first", "last"):
        recorder.text(f"scrapes/{name}.txt", run.get(name, ""))
        about = {"status": run.get("status", 200), "content_type": run.get("content_type", "text/plain; version=0.0.4")}
        recorder.json(f"scrapes/{name}.json", about)
    recorder.json("fakes.json", {"event_loop_lag_max": run["lag"]} if "lag" in run else {})
    recorder.json("helpers.json", run.get("helpers", {}))
    recorder.json("scrapes/endpoints.json", run.get("answers", {}))
    recorder.json("scrapes/access.json", run.get("access", {}))
    recorder.json("retention.json", {"flag": None, "kept": "15d", "default": None, **run.get("retention", {})})
    processes = {"local": {"pid": 1, "samples": [], "arrivals": {}}}
    report = {"processes": processes, "lost": [], "measured": [], **run.get("load_report", {})}
    recorder.json("load.report.json", report)
    if "aborted" in run:
        recorder.json(conventions.LOAD_ABORTED, run["aborted"])
    if "log" in run:
        (recorder.folder / "app").mkdir()
        recorder.text("app/app.log", run["log"])
    recorder.json("targets.json", {"activeTargets": run.get("targets", [])})
