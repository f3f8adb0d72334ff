"""All chosen mutants of a system, and the app as it is beside them, in a few lanes at a time."""

from __future__ import annotations

import itertools
import math
import queue
import shutil
import sys
import threading
import time
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from promdrill.conventions import LOAD_PART, PYTHON
from promdrill.errors import PromdrillError, UsageError
from promdrill.evidence.folder import Evidence, Recorder
from promdrill.judge import judge
from promdrill.load import generator
from promdrill.matrix.forks import Forks, ModuleCommand
from promdrill.matrix.lane import Lane
from promdrill.matrix.outcome import Matrix, Row, of_error, of_verdict
from promdrill.mutants import Mutant, find_mutant, list_mutants
from promdrill.options import Options
from promdrill.report.progress import Progress
from promdrill.rules.compress import compress
from promdrill.run import play
from promdrill.stack.helper_calls import call_helpers
from promdrill.stack.processes import Processes
from promdrill.stack.stack import APP
from promdrill.stack.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from promdrill.contract import Scenario
    from promdrill.model import Verdict

# The app as it is: it must pass, or nothing is said of any mutant.
CONTROL = Mutant("", "", "The unchanged app.")
# Modules of the load that are not imported by their names.
NO_LIBRARIES = frozenset({"classes", "locustfile", "__init__", "__main__"})


def choose(scenario: Scenario, names: Iterable[str]) -> tuple[Mutant, ...]:
    """Return the mutants of these names in alphabetical order; without names, all.

    Raises:
        UsageError: there is none of a name, or the app is not started by a command.
    """
    chosen = sorted({find_mutant(scenario, name).name for name in names})
    if not scenario.drill.app.command or scenario.drill.app.image:
        raise UsageError("only an app that drill.yml starts by a command can be run with its mutants")
    return tuple(mutant for mutant in list_mutants(scenario) if not chosen or mutant.name in chosen)


def run_matrix(
    scenario: Scenario, mutants: Sequence[Mutant], *, seed: int, jobs: int, announce: Callable[[str], None]
) -> Matrix:
    """Give the short drill to the app as it is and to each mutant, `jobs` at a time, and return what became of each.

    One that stays inconclusive among others is tried once more with none beside it.

    Raises:
        StackError: what all of them need did not start.
    """
    started = time.monotonic()
    verify(scenario, announce)
    with Processes() as processes:
        matrix = _Running(scenario, seed, processes, announce, len(mutants) + 1)
        matrix.run([CONTROL, *mutants], jobs)
        if not matrix.has_failed:
            matrix.run([row.mutant for row in matrix.rows.values() if row.inconclusive], 1)
        rows = tuple(matrix.rows[mutant.name] for mutant in mutants if mutant.name in matrix.rows)
    return Matrix(scenario.contract.system, matrix.rows[CONTROL.name], rows, seed, time.monotonic() - started)


class _Running:
    """What all lanes have in common; `rows` are what is known by now, by mutant."""

    def __init__(
        self, scenario: Scenario, seed: int, processes: Processes, announce: Callable[[str], None], count: int
    ) -> None:
        self._scenario = scenario
        self._options = Options(seed=seed, short=True)
        self._processes = processes
        self._announce = announce
        self._count = count
        self._folder = processes.temporary_folder()
        # As in every run that has no phases of alerts.
        self._compressed = compress(scenario.rules, math.inf)
        self._helpers = call_helpers(scenario, processes)
        self._forks = tuple(_forks(scenario, processes))
        self._stopping = threading.Event()
        self._lanes = itertools.count()
        self.rows: dict[str, Row] = {}

    @property
    def has_failed(self) -> bool:
        """Whether the app as it is has failed, so that nothing will be said of its mutants."""
        return self._stopping.is_set()

    def run(self, mutants: Sequence[Mutant], jobs: int) -> None:
        """Run mutants, so many at a time; end them all if one lane fails, or if this is interrupted."""
        tasks: queue.SimpleQueue[Mutant] = queue.SimpleQueue()
        for mutant in mutants:
            tasks.put(mutant)
        with ThreadPoolExecutor(min(jobs, len(mutants)) or 1) as pool:
            try:
                lanes = [pool.submit(self._lane, tasks) for _ in range(min(jobs, len(mutants)))]
                for lane in wait_for(lanes, return_when=FIRST_EXCEPTION).done:
                    lane.result()
            except BaseException:
                self._stopping.set()
                raise

    def _lane(self, tasks: queue.SimpleQueue[Mutant]) -> None:
        recorder = Recorder(self._folder / f"lane-{next(self._lanes)}")
        with Lane(
            self._scenario,
            self._compressed.files,
            self._options,
            recorder,
            _quiet,
            forks=self._forks,
            stopping=self._stopping,
        ) as lane:
            while not self._stopping.is_set():
                try:
                    mutant = tasks.get_nowait()
                except queue.Empty:
                    return
                row = self._drill(lane, mutant)
                if self.has_failed:
                    return
                lane.processes.alive()  # a lane that has lost a part can say nothing of any app
                self._note(row)

    def _drill(self, lane: Lane, mutant: Mutant) -> Row:
        started = time.monotonic()
        folder = self._folder / f"{mutant.name or 'control'}-{time.time_ns()}"
        try:
            verdict = self._verdict(lane, replace(self._options, mutant=mutant.name or None), Recorder(folder))
            return of_verdict(mutant, verdict, time.monotonic() - started)
        except PromdrillError as error:
            return of_error(mutant, str(error), time.monotonic() - started)
        finally:
            lane.end_app()
            shutil.rmtree(folder, ignore_errors=True)

    def _verdict(self, lane: Lane, options: Options, recorder: Recorder) -> Verdict:
        progress = Progress(Console(file=StringIO()))
        began = lane.change_app(options, recorder)
        run = play(
            self._scenario,
            self._compressed,
            lane,
            recorder,
            progress,
            options=options,
            started=began,
            helpers=self._helpers,
        )
        lane.end_app()
        return judge(Evidence(recorder.folder, run, self._scenario, lane.prometheus))

    def _note(self, row: Row) -> None:
        self.rows[row.mutant.name] = row
        self._announce(f"{len(self.rows)} of {self._count}: {row.headline}")
        if row.mutant is CONTROL and not (row.passed or row.inconclusive):
            self._stopping.set()


def _forks(scenario: Scenario, processes: Processes) -> Iterable[Forks]:
    """Yield what forks the load, and the app where drill.yml says what to import for it."""
    modules = {path.stem for path in Path(generator.__file__).parent.glob("*.py")} - NO_LIBRARIES
    library = ["locust.main", *(f"{generator.MODULE}.{name}" for name in sorted(modules))]
    yield Forks(LOAD_PART, ModuleCommand(PYTHON, generator.MODULE, ()), library, processes)
    app = scenario.drill.app
    command = ModuleCommand.parse([word.replace("{python}", sys.executable) for word in app.command])
    if app.preload and command:
        yield Forks(APP, command, app.preload, processes, str(scenario.folder.resolve()))


def _quiet(_: str) -> None:
    """Say nothing: what a lane needs has been found before."""
