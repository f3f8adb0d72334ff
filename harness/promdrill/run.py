"""One run: contract, stack up, phases under load, drain, evidence saved, stack down; then checks and a verdict."""

from __future__ import annotations

import contextlib
import importlib.metadata
import math
import platform
import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from promdrill import __version__, conventions, wait
from promdrill.checks import all_checks
from promdrill.drill.phases import Player
from promdrill.drill.rule_mutants import find_rule_mutants
from promdrill.errors import EvidenceError, LoadAbortedError, StackError, UsageError
from promdrill.evidence.external import read_prometheus
from promdrill.evidence.folder import PhaseTimes, Recorder, RunRecord, load_evidence
from promdrill.judge import judge
from promdrill.load.generator import Generator, LoadSettings, locust
from promdrill.prove.drill import prove_drill
from promdrill.rules.compress import compress
from promdrill.rules.mutants import break_rules, reroute
from promdrill.stack.helper_calls import call_helpers
from promdrill.stack.inspection import inspect_stack
from promdrill.stack.replay import prometheus_on
from promdrill.stack.stack import Stack
from promdrill.stack.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from promdrill.contract import Scenario
    from promdrill.evidence import Evidence
    from promdrill.evidence.prometheus_api import PrometheusApi
    from promdrill.evidence.suppressed import Suppressed
    from promdrill.model import Verdict
    from promdrill.options import Distribution, Options
    from promdrill.report.progress import Progress
    from promdrill.rules.compress import CompressedRules

T = TypeVar("T")

DRAIN_SECONDS = 40.0
SHORT_RUN_SECONDS = 120.0
NEEDED_BYTES = 100 * 1024 * 1024


def run(scenario: Scenario, options: Options, folder: Path, progress: Progress) -> Verdict:
    """Drill one system and return the verdict; the evidence stays in `folder`.

    Raises:
        StackError: a part did not start, or died.
        LoadError: the load generator failed.
        DeadlineError: something that must happen in every run did not.
    """
    observe(scenario, options, folder, progress)
    if options.prometheus is None:
        return replay(folder, progress)
    evidence = load_evidence(folder)
    progress.phase("checks", f"on the evidence, and on what {options.prometheus.url} answers")
    with contextlib.closing(options.prometheus.recording(folder, evidence.run.foreign)) as prometheus:
        try:
            return _judge(evidence, prometheus)
        except EvidenceError as error:  # which is no fault of the one who asked
            raise StackError(str(error)) from error


def replay(folder: Path, progress: Progress) -> Verdict:
    """Return the verdict on saved evidence, with no stack but Prometheus, or what it answered, and promtool.

    Raises:
        EvidenceError: the folder is not the evidence of a finished run.
    """
    progress.phase("checks", "on the saved evidence alone")
    evidence = load_evidence(folder)
    with _prometheus_of(evidence) as prometheus:
        return _judge(evidence, prometheus)


def _judge(evidence: Evidence, prometheus: PrometheusApi) -> Verdict:
    evidence = evidence.asking(prometheus)
    return judge(replace(evidence, virtual=prove_drill(evidence)))


def _prometheus_of(evidence: Evidence) -> AbstractContextManager[PrometheusApi]:
    if evidence.run.prometheus is None:
        return prometheus_on(evidence.folder / "tsdb")
    return contextlib.closing(read_prometheus(evidence.folder, evidence.run.prometheus, evidence.run.foreign))


def observe(scenario: Scenario, options: Options, folder: Path, progress: Progress) -> None:
    """Run the drill and save what was seen; nothing is judged here."""
    all_checks()  # one that cannot be imported is wrong use: it is refused before anything starts
    if options.profile:
        scenario = replace(scenario, drill=options.profile.apply_to(scenario.drill))
    verify(scenario, progress.note)
    # Without alerts there is nothing to compress for, and quantiles over long windows outlast a class that ends early.
    compressed = compress(scenario.rules, scenario.scrape_seconds if options.alerts else math.inf)
    if options.rule_mutants:
        compressed = break_rules(scenario.rules, compressed, find_rule_mutants(scenario, options.rule_mutants))
        routing = replace(scenario.routing, data=reroute(scenario.routing.data, options.rule_mutants))
        scenario = replace(scenario, routing=routing)
    recorder = _recorder(folder)
    recorder.scenario(scenario)
    for name, reason in compressed.uncompressed.items() if options.alerts else ():
        progress.note(f"{name} is left uncompressed, and its alerts are proved in virtual time alone: {reason}")
    started = time.time()
    progress.phase(
        "start",
        "the stack; Prometheus begins to scrape after 5 s"
        if options.prometheus is None
        else f"the stack; {options.prometheus.url} must scrape it",
    )
    with Stack(scenario, compressed.files, options, recorder, progress.note) as stack:
        record = play(scenario, compressed, stack, recorder, progress, options=options, started=started)
    recorder.finish(replace(record, seconds=time.time() - started))


def play(  # noqa: PLR0913 - what a run is
    scenario: Scenario,
    compressed: CompressedRules,
    stack: Stack,
    recorder: Recorder,
    progress: Progress,
    *,
    options: Options,
    started: float,
    helpers: Mapping[str, Any] | None = None,
) -> RunRecord:
    """Put the load on a stack whose app is up, save what is seen, and return the record of the run.

    `started` is when the run began, in epoch seconds. `helpers` are the answers of the instrumentation's helpers, where
    they are known already.
    """
    _save_scrape(recorder, "first", stack.scrape_app())
    load = Generator.start(
        stack.processes,
        locust(scenario, _load_settings(options, stack, recorder.folder), _distribution(options, stack, progress)),
        recorder.folder,
    )
    if options.short:
        phases = _short(scenario, stack, load, progress)
    else:
        phases = _phases(Player(scenario, compressed, stack, load.alive), load, progress, recorder)
    progress.phase("drain", "load stopped; the last requests end, Prometheus scrapes twice more")
    drained = time.time()
    if not options.short:
        load.stop()
    _drain(stack)
    _save_scrape(recorder, "last", stack.scrape_app())
    recorder.json(conventions.HELPER_ANSWERS, call_helpers(scenario, stack.processes) if helpers is None else helpers)
    _collect(recorder, stack)
    phases.append(PhaseTimes(conventions.DRAIN, drained, time.time()))
    # When all is counted: what is asked now is no part of the load.
    inspect_stack(recorder, scenario, stack)
    return RunRecord(
        system=scenario.contract.system,
        seed=options.seed,
        mutant=options.mutant,
        rule_mutants=options.rule_mutants,
        short=options.short,
        profile=options.profile.model_dump(mode="json", by_alias=True) if options.profile else None,
        started=started,
        seconds=time.time() - started,
        monotonic_offset=time.time() - time.monotonic(),
        phases=tuple(phases),
        versions={
            "promdrill": __version__, **_ask(lambda: stack.versions),
            "locust": importlib.metadata.version("locust"), "python": platform.python_version(),
        },
        factors=dict(compressed.factors),
        scrape_interval=stack.scrape_interval,
        evaluation_interval=scenario.drill.prometheus.evaluation_interval,
        app=stack.app,
        stack=stack.processes.kind,
        prometheus=options.prometheus.url if options.prometheus else None,
        foreign=stack.external_prometheus.foreign if stack.external_prometheus else (),
    )  # fmt: skip


def _load_settings(options: Options, stack: Stack, folder: Path) -> LoadSettings:
    return LoadSettings(
        f"http://{stack.app_inside}",
        folder,
        options.seed,
        options.short,
        may_abort=options.profile is not None,
        metrics=stack.load_port,
    )


def _distribution(options: Options, stack: Stack, progress: Progress) -> Distribution:
    """Return how the load is distributed, with ports of its own for what needs one."""
    distribution, ports = options.distribution, stack.processes.ports
    if distribution.processes > 1:
        distribution = replace(distribution, port=ports.take())
    if distribution.web is not None:
        distribution = replace(distribution, web=distribution.web or ports.take())
        progress.note(f"Locust's page is http://{conventions.LOOPBACK}:{distribution.web}")
    return distribution


def _phases(player: Player, load: Generator, progress: Progress, recorder: Recorder) -> list[PhaseTimes]:
    load.wait_for_users()
    phases: list[PhaseTimes] = []
    suppressed: list[Suppressed] = []
    evaluated: list[dict[str, Any]] = []
    for phase in player.scenario.drill.phases:
        what = f"until {', '.join(phase.alerts)} is {phase.until}" if phase.until else ""
        progress.phase(phase.name, ", ".join(filter(None, (*phase.faults, what))), phase.for_)
        load.phase(phase.name)
        began = time.time()
        try:
            times, phase_suppressed = player.play(phase)
        except LoadAbortedError as error:
            progress.note(f"ended early: {error} does not hold")
            phases.append(PhaseTimes(phase.name, began, time.time()))
            break
        phases.append(times)
        suppressed += phase_suppressed
        rules = () if player.stack.external_prometheus else _ask(player.stack.prometheus.rules)
        evaluated += ({"phase": phase.name, "time": time.time(), **rule} for rule in rules)
    recorder.rows(conventions.SUPPRESSED_ALERTS, (one.row for one in suppressed))
    recorder.rows(conventions.RULE_STATES, evaluated)
    return phases


def _ask(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except httpx.HTTPError as error:
        raise StackError(f"Prometheus does not answer: {error!r}") from error


def _short(scenario: Scenario, stack: Stack, load: Generator, progress: Progress) -> list[PhaseTimes]:
    """Let the load take its counted turns: one healthy phase, no alerts."""
    turns = sum(users.count for users in scenario.drill.load.values())
    progress.phase("baseline", f"{turns} turns, no alert phases")
    start = time.time()

    load.wait(SHORT_RUN_SECONDS)
    stack.await_scrapes(1)
    return [PhaseTimes(conventions.BASELINE, start, time.time())]


def _drain(stack: Stack) -> None:
    """Wait until no fake serves a request and Prometheus has scraped what the app then exposes, twice."""

    def idle() -> None:
        if in_flight := stack.control.ledger().in_flight:
            raise wait.NotYet(f"{in_flight} requests in flight")

    wait.until(idle, what="the fakes idle", seconds=DRAIN_SECONDS, alive=stack.processes.alive)
    stack.await_scrapes(2)


def _collect(recorder: Recorder, stack: Stack) -> None:
    for name, rows in stack.control.rows_by_service().items():
        recorder.rows(conventions.ledger_file(name), rows)
    recorder.json(conventions.FAKES_STATISTICS, stack.control.ledger().model_dump(mode="json"))
    recorder.rows(conventions.NOTIFICATIONS, stack.webhook.received)
    if stack.external_prometheus:
        return
    recorder.json(conventions.TARGETS, _ask(lambda: stack.prometheus.get("targets?state=active")))
    recorder.json("rules.json", _ask(lambda: stack.prometheus.get("rules")))


def _save_scrape(recorder: Recorder, name: str, response: httpx.Response) -> None:
    recorder.text(f"scrapes/{name}.txt", response.text)
    recorder.json(
        f"scrapes/{name}.json",
        {"status": response.status_code, "content_type": response.headers.get("content-type", "")},
    )


def _recorder(folder: Path) -> Recorder:
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise UsageError(
                f"{folder} is not empty; evidence is never overwritten: name another folder with --evidence"
            )
        recorder = Recorder(folder)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise StackError(f"evidence cannot be written to {folder}: {error.strerror}") from error
    if free < NEEDED_BYTES:
        raise StackError(
            f"evidence cannot be written to {folder}: {free // 2**20} MiB are free there and a run needs"
            f" {NEEDED_BYTES // 2**20}; make room, or name another place with --evidence"
        )
    return recorder
