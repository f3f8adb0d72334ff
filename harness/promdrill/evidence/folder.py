"""The evidence folder: what is in it, how it is written, and how it is read back."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from promdrill import conventions
from promdrill.contract import load_scenario
from promdrill.contract.profile import Profile
from promdrill.contract.source_checks import document_path
from promdrill.errors import EvidenceError
from promdrill.evidence.applog import Line, read_log
from promdrill.evidence.exposition import Exposition, parse
from promdrill.evidence.ledger import Ledgers, Row
from promdrill.evidence.prometheus_api import PrometheusApi, QueryError
from promdrill.evidence.runrecord import SCHEMA, PhaseTimes, RunRecord
from promdrill.evidence.suppressed import COLUMNS, Suppressed, read_suppressed
from promdrill_fakes.catalogue import fakes, services

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from promdrill.contract import Scenario
    from promdrill.evidence.prometheus_api import Answer
    from promdrill.model import VirtualLife

RUN_FILE = "run.json"


@dataclass(frozen=True)
class Evidence:
    """One saved run, with a Prometheus on its TSDB where `prometheus` is set.

    `virtual` holds what its alerts did in virtual time, by name, where that was tried.
    """

    folder: Path
    run: RunRecord
    scenario: Scenario
    prometheus: PrometheusApi | None = field(default=None, compare=False)
    virtual: Mapping[str, VirtualLife] = field(default_factory=dict, compare=False)

    def asking(self, prometheus: PrometheusApi) -> Evidence:
        """Return the same evidence with a Prometheus that holds its TSDB."""
        return replace(self, prometheus=prometheus)

    @cached_property
    def ledgers(self) -> Ledgers:
        """What fakes and clients saw."""
        served = {fakes()[name].service.name for name in self.scenario.drill.fakes.serve}
        # Of a fake that was installed after the run, and that the run did not serve, there is no ledger.
        missing = {
            name for name in services().keys() - served if not (self.folder / conventions.ledger_file(name)).is_file()
        }
        return Ledgers(
            {
                name: self._rows(conventions.ledger_file(name), "started", "finished")
                for name in (*services(), conventions.CLIENT_LEDGER)
                if name not in missing
            }
        )

    @cached_property
    def notifications(self) -> tuple[Row, ...]:
        """What the webhook received, in order: Alertmanager's payload, `received` (epoch seconds), `via` whom."""
        return tuple(self._rows(conventions.NOTIFICATIONS))

    @cached_property
    def load_report(self) -> Mapping[str, Any]:
        """What the load generator told of itself: `processes`, the `lost` ones, and what was `measured`."""
        return self._json(conventions.LOAD_REPORT, "processes", "lost", "measured")

    @cached_property
    def abort_record(self) -> Mapping[str, Any]:
        """The `threshold` that ended the load, its `value` then, and `after` how many seconds; empty where none did."""
        there = (self.folder / conventions.LOAD_ABORTED).exists()
        return self._json(conventions.LOAD_ABORTED, "threshold", "value", "after") if there else {}

    @cached_property
    def suppressed(self) -> tuple[Suppressed, ...]:
        """The alerts that were to be suppressed, phase by phase."""
        return read_suppressed(self._rows(conventions.SUPPRESSED_ALERTS, *COLUMNS))

    @cached_property
    def rule_records(self) -> tuple[Row, ...]:
        """Prometheus' own record of each rule at the end of each phase, with `phase` and `time`."""
        return tuple(self._rows(conventions.RULE_STATES, "phase", "time", "name", "health"))

    @cached_property
    def first_scrape(self) -> Exposition:
        """The metrics endpoint before any load."""
        return self._scrape("first")

    @cached_property
    def last_scrape(self) -> Exposition:
        """The metrics endpoint after the drain."""
        return self._scrape("last")

    @cached_property
    def helpers(self) -> Mapping[str, Any]:
        """What the calls of the instrumentation interface did, by name."""
        return self._json(conventions.HELPER_ANSWERS)

    @cached_property
    def answers(self) -> Mapping[str, Mapping[str, Any]]:
        """What endpoints but the scraped one answered after the load: `status`, `headers` and `body`, or `error`."""
        return self._json(conventions.ENDPOINT_ANSWERS)

    @cached_property
    def access(self) -> Mapping[str, Mapping[str, int | None]]:
        """The status of each protected endpoint by what it was shown: `nothing`, a `wrong` or the `right` token."""
        return self._json(conventions.ACCESS_ANSWERS)

    @cached_property
    def retention(self) -> Mapping[str, str | None]:
        """How long Prometheus keeps samples, in its own words: the `flag` it was given, `kept` and its `default`."""
        return self._json(conventions.RETENTION, "flag", "kept", "default")

    @cached_property
    def fakes_lag(self) -> float | None:
        """How late the event loop of the fakes was at worst, in seconds; None in evidence of before it was recorded."""
        return self._json(conventions.FAKES_STATISTICS).get("event_loop_lag_max")

    @cached_property
    def log(self) -> tuple[Line, ...] | None:
        """The log that the contract names, line by line; None where the app wrote no such file."""
        logs = self.scenario.contract.logs
        return read_log(self.folder / conventions.WORK_FOLDER / logs.path) if logs else None

    @cached_property
    def targets(self) -> tuple[Mapping[str, Any], ...]:
        """Prometheus' active targets at the end of the run."""
        return tuple(self._json(conventions.TARGETS, "activeTargets")["activeTargets"])

    @cached_property
    def up(self) -> tuple[tuple[float, float], ...]:
        """Every scrape of the app that Prometheus made: when, in epoch seconds, and 1 where it succeeded."""
        history = self.history(f'up{{job="{self.scenario.job}"}}')
        return tuple(point for series in history.series for point in series.points)

    @property
    def baseline(self) -> PhaseTimes:
        """The healthy phase."""
        return self.phase(conventions.BASELINE)

    @property
    def under_load(self) -> float:
        """The last instant of the healthy phase, in epoch seconds: when queries are asked."""
        return self.baseline.end

    @property
    def end(self) -> float:
        """The last instant of the run, in epoch seconds: after the last scrape."""
        return self.run.phases[-1].end

    @property
    def start(self) -> float:
        """The first instant of the run, in epoch seconds."""
        return self.run.started

    def phase(self, name: str) -> PhaseTimes:
        """Return when a phase was.

        Raises:
            EvidenceError: this run had no such phase.
        """
        for phase in self.run.phases:
            if phase.name == name:
                return phase
        raise EvidenceError(f"{self.folder}: the run had no phase {name!r}")

    def query(self, expression: str, time: float) -> Answer:
        """Ask the saved TSDB at an instant."""
        return self._api.query(expression, time)

    def query_range(self, expression: str, start: float, end: float) -> Answer:
        """Ask the saved TSDB at every scrape interval from start to end."""
        return self._api.query_range(expression, start, end, self.run.scrape_interval)

    def history(self, selector: str) -> Answer:
        """Return the raw samples of all series that a selector matches, over the whole run; a name means the app's."""
        if self.run.prometheus and "{" not in selector:  # others use it too, and may use the name
            selector = f'{selector}{{job="{self.scenario.job}"}}'
        # To the millisecond: whatever ran just before at the same address has other counts. One more, for Prometheus 3
        # leaves out what lies on the left edge.
        return self._api.query(f"{selector}[{math.ceil(1000 * (self.end - self.start)) + 1}ms]", self.end)

    @property
    def _api(self) -> PrometheusApi:
        if self.prometheus is None:
            raise EvidenceError(f"{self.folder}: no Prometheus was started on its TSDB")
        return self.prometheus

    def _scrape(self, name: str) -> Exposition:
        about = self._json(f"scrapes/{name}.json", "status", "content_type")
        return parse(about["status"], about["content_type"], self._text(f"scrapes/{name}.txt"))

    def _rows(self, name: str, *keys: str) -> list[Row]:
        return [self._mapping(name, line, keys) for line in self._text(name).splitlines()]

    def _json(self, name: str, *keys: str) -> dict[str, Any]:
        return self._mapping(name, self._text(name), keys)

    def _mapping(self, name: str, text: str, keys: tuple[str, ...]) -> dict[str, Any]:
        try:
            data = json.loads(text)
        except ValueError as error:
            raise EvidenceError(f"{self.folder / name} is not JSON: {error}") from error
        if not isinstance(data, dict) or not data.keys() >= set(keys):
            raise EvidenceError(f"{self.folder / name} does not hold {', '.join(keys) or 'a mapping'}, but {text[:80]}")
        return data

    def _text(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise EvidenceError(f"{self.folder / name} cannot be read: {error}") from error


class Recorder:
    """Writes an evidence folder while a run goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("logs", "scrapes", "ledgers", "tsdb", "rules", "scenario"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def scenario(self, scenario: Scenario) -> None:
        """Keep the contract, its documents, the drill, the users and the rules: what this run is judged by."""
        names = (conventions.CONTRACT_FILE, conventions.DRILL_FILE, conventions.USERS_FILE)
        config = filter(None, [scenario.prometheus_config])
        for path in (*(scenario.folder / name for name in names), *scenario.rule_files, *config, scenario.routing.path):
            shutil.copy(path, self.folder / "scenario" / path.name)
        for dashboard in scenario.dashboards:
            kept = self.folder / "scenario" / conventions.DASHBOARDS
            kept.mkdir(exist_ok=True)
            shutil.copy(dashboard.path, kept)
        for document in scenario.contract.documents.values():
            kept = (self.folder / "scenario" / document).resolve()
            # One that is named by an absolute path, or by `..`, is read from there again, and never written over.
            if kept.is_relative_to((self.folder / "scenario").resolve()):
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(document_path(scenario.folder, document), kept)

    def text(self, name: str, text: str) -> Path:
        """Write one file of text and return its path."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def json(self, name: str, data: Any) -> None:  # noqa: ANN401 - JSON
        """Write one file of JSON."""
        self.text(name, json.dumps(data, indent=1))

    def rows(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write one file of JSON lines."""
        self.text(name, "".join(f"{json.dumps(dict(row))}\n" for row in rows))

    def finish(self, run: RunRecord) -> None:
        """Write what was run; evidence without it counts as incomplete."""
        self.json(RUN_FILE, asdict(run))


def load_evidence(folder: Path) -> Evidence:
    """Read a saved run.

    Raises:
        EvidenceError: the folder is not evidence, or is incomplete or unreadable.
        ContractError: the contract that was saved with it is broken.
    """
    path = folder / RUN_FILE
    if not path.is_file():
        raise EvidenceError(
            f"{folder} is not the evidence of a finished run:"
            f" it has no {RUN_FILE}; name one that `promdrill run` printed"
        )
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA:
            raise EvidenceError(f"{path} has schema {data['schema']}; this promdrill reads {SCHEMA}")
        phases = tuple(PhaseTimes(**phase) for phase in data.pop("phases"))
        run = RunRecord(
            **{**data, "phases": phases, **{name: tuple(data.get(name, ())) for name in ("rule_mutants", "foreign")}}
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise EvidenceError(f"{path} cannot be read: {error!r}") from error
    scenario = load_scenario(folder / "scenario")
    if run.profile is not None:
        scenario = replace(scenario, drill=Profile.model_validate(run.profile).apply_to(scenario.drill))
    return Evidence(folder, run, scenario)


__all__ = ["Evidence", "PhaseTimes", "QueryError", "Recorder", "RunRecord", "load_evidence"]
