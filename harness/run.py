"""One run: contract, stack up, phases under load, drain, evidence saved, stack down; then checks and a verdict."""

from __future__ import annotations

import importlib.metadata
import math
import platform
import shutil
import time
from typing import TYPE_CHECKING

import httpx

from harness import __version__, conventions, wait
from harness.drill.compress import compress
from harness.drill.phases import play
from harness.drill.rule_mutants import break_rules, find_rule_mutants
from harness.errors import StackError, UsageError
from harness.evidence.folder import PhaseTimes, Recorder, RunRecord, load_evidence
from harness.judge import judge
from harness.load.generator import Generator, locust
from harness.stack.asking import save_answers
from harness.stack.interface import call_helpers
from harness.stack.replay import prometheus_on
from harness.stack.stack import Options, Stack
from harness.stack.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

    from harness.contract import Scenario
    from harness.model import Verdict
    from harness.report.progress import Progress

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
    return replay(folder, progress)


def replay(folder: Path, progress: Progress) -> Verdict:
    """Return the verdict on saved evidence, with no stack but a Prometheus on its TSDB.

    Raises:
        EvidenceError: the folder is not the evidence of a finished run.
    """
    progress.phase("checks", "on the saved evidence alone")
    evidence = load_evidence(folder)
    with prometheus_on(evidence.folder / "tsdb") as prometheus:
        return judge(evidence.asking(prometheus))


def observe(scenario: Scenario, options: Options, folder: Path, progress: Progress) -> None:
    """Run the drill and save what was seen; nothing is judged here."""
    verify(scenario, progress.note)
    # Without alerts there is nothing to compress for, and quantiles over long windows outlast a class that ends early.
    compressed = compress(scenario.rules, math.inf if options.short else scenario.scrape_seconds)
    if options.rule_mutants:
        compressed = break_rules(scenario, compressed, find_rule_mutants(scenario, options.rule_mutants))
    recorder = _recorder(folder)
    recorder.scenario(scenario)
    for name, reason in {} if options.short else compressed.left.items():
        progress.note(f"{name} is left uncompressed, and its alerts are not judged: {reason}")
    started = time.time()
    progress.phase("start", "the stack; Prometheus begins to scrape after 5 s")
    with Stack(scenario, compressed, options, recorder, progress.note) as stack:
        _save_scrape(recorder, "first", stack.scrape_app())
        load = Generator.start(
            stack.processes,
            locust(scenario, app=f"http://{stack.app}", seed=options.seed, short=options.short, folder=folder),
            folder,
        )
        phases = (_short if options.short else _phases)(scenario, stack, load, progress)
        progress.phase("drain", "load stopped; the last requests end, Prometheus scrapes twice more")
        drained = time.time()
        if not options.short:
            load.stop()
        _drain(stack)
        _save_scrape(recorder, "last", stack.scrape_app())
        recorder.json("helpers.json", call_helpers(scenario, stack.processes))
        _collect(recorder, stack)
        phases.append(PhaseTimes(conventions.DRAIN, drained, time.time()))
        # When all is counted: what is asked now is no part of the load.
        save_answers(recorder, scenario, stack)
        versions = {name: tool.version for name, tool in stack.tools.items()}
        app = stack.app
    recorder.finish(
        RunRecord(
            system=scenario.contract.system,
            seed=options.seed,
            mutant=options.mutant,
            rule_mutants=options.rule_mutants,
            short=options.short,
            started=started,
            seconds=time.time() - started,
            monotonic_offset=time.time() - time.monotonic(),
            phases=tuple(phases),
            versions={
                "promdrill": __version__, **versions,
                "locust": importlib.metadata.version("locust"), "python": platform.python_version(),
            },
            factors=dict(compressed.factors),
            scrape_interval=scenario.drill.prometheus.scrape_interval,
            evaluation_interval=scenario.drill.prometheus.evaluation_interval,
            app=app,
        )
    )  # fmt: skip


def _phases(scenario: Scenario, stack: Stack, load: Generator, progress: Progress) -> list[PhaseTimes]:
    def alive() -> None:
        load.check()
        stack.processes.alive(but=load.running)

    load.wait_begun()
    phases = []
    for phase in scenario.drill.phases:
        what = f"until {', '.join(phase.alerts)} is {phase.until}" if phase.until else ""
        progress.phase(phase.name, ", ".join(filter(None, (*phase.faults, what))), phase.for_)
        load.phase(phase.name)
        phases.append(play(phase, scenario, stack, alive))
    return phases


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
        if in_flight := stack.control.statistics()["in_flight"]:
            raise wait.NotYet(f"{in_flight} requests in flight")

    wait.until(idle, what="the fakes idle", seconds=DRAIN_SECONDS, alive=stack.processes.alive)
    stack.await_scrapes(2)


def _collect(recorder: Recorder, stack: Stack) -> None:
    for name, rows in stack.control.journals().items():
        recorder.rows(f"ledgers/{name}.jsonl", rows)
    recorder.json("fakes.json", stack.control.statistics())
    recorder.rows("notifications.jsonl", stack.webhook.received)
    try:
        recorder.json("targets.json", stack.prometheus.get("targets?state=active"))
        recorder.json("rules.json", stack.prometheus.get("rules"))
    except httpx.HTTPError as error:
        raise StackError(f"Prometheus does not answer: {error!r}") from error


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


__all__ = ["Options", "observe", "replay", "run"]
