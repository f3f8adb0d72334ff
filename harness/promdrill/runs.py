"""Several systems, each drilled by a promdrill of its own: a few at a time, and ended however this one ends."""

from __future__ import annotations

import json
import math
import re
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from promdrill import wait
from promdrill.contract import find_folder
from promdrill.conventions import PYTHON
from promdrill.errors import EvidenceError, Exit
from promdrill.model import Coverage, LoadSummary, Result, Status, Verdict
from promdrill.report.jsonfile import from_json
from promdrill.report.wording import headline
from promdrill.stack import binaries
from promdrill.stack.part import Part, Running, ending
from promdrill.stack.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promdrill.report.board import Board

TOOLS = ("prometheus", "promtool", "alertmanager")
# A drill that is asked to end ends its own parts first.
END_SECONDS = 30.0
LOOK_SECONDS = 0.2
PROGRESS = re.compile(r"^ *\d+\.\d s  (.*)$", re.MULTILINE)
COMPLAINT = re.compile(r"^promdrill: (.*)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one drill ended: its verdict (inconclusive where it gave none) and its exit code."""

    verdict: Verdict
    code: int


def run_several(systems: Mapping[str, Sequence[str]], folder: Path, jobs: int, board: Board) -> tuple[Outcome, ...]:
    """Drill several systems, `jobs` at a time, and return how each ended, in their order.

    `systems` gives each a name, under which its evidence, verdict and log lie in `folder`, and the arguments of its
    own `promdrill run`. A system that cannot be drilled leaves the others alone.

    Raises:
        StackError: what every drill needs is not there.
    """
    for tool in TOOLS:
        binaries.find(tool, announce=board.note)  # once, and not by each drill at the same time
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    with Processes(folder / "logs") as processes:
        drills = _Drills(processes, systems, folder, jobs, board)
        wait.until(drills.look, what="every drill ended", seconds=math.inf, every=LOOK_SECONDS)
    return tuple(drills.outcomes[name] for name in systems)


def exit_code(outcomes: Sequence[Outcome]) -> Exit:
    """Return the worst: wrong use of any, then a broken promise, then what could not be looked at."""
    codes = {outcome.code for outcome in outcomes}
    if Exit.WRONG_USE in codes:
        return Exit.WRONG_USE
    if Exit.FAILED in codes:
        return Exit.FAILED
    return Exit.PASSED if codes == {Exit.PASSED} else Exit.INCONCLUSIVE


class _Drills:
    """Drills that wait, that run, and that have ended."""

    def __init__(
        self, processes: Processes, systems: Mapping[str, Sequence[str]], folder: Path, jobs: int, board: Board
    ) -> None:
        self._processes = processes
        self._folder = folder
        self._jobs = jobs
        self._board = board
        self._waiting = deque(systems.items())
        self._running: dict[str, tuple[Running, float]] = {}
        self.outcomes: dict[str, Outcome] = {}

    def look(self) -> None:
        """Collect what has ended and start what may; raises NotYet while something runs."""
        for name, (running, started) in list(self._running.items()):
            if running.process.poll() is None:
                if told := PROGRESS.findall(_last_output(running)):
                    self._board.tell(name, told[-1])
                continue
            code = self._processes.end(running)
            del self._running[name]
            self.outcomes[name] = _outcome(name, running, code, self._verdict(name), time.monotonic() - started)
            self._board.tell(name, headline(self.outcomes[name].verdict))
        while self._waiting and len(self._running) < self._jobs:
            self._start(*self._waiting.popleft())
        if self._running:
            raise wait.NotYet(f"{', '.join(self._running)} running")

    def _start(self, name: str, arguments: Sequence[str]) -> None:
        command = [*PYTHON, "-m", "promdrill", "run", *arguments]
        output = ["--json", str(self._verdict(name)), "--evidence", str(self._folder / name)]
        part = Part(name, [*command, *output], {}, end_seconds=END_SECONDS)
        self._running[name] = self._processes.start(part), time.monotonic()
        self._board.tell(name, "begins")

    def _verdict(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def _outcome(name: str, running: Running, code: int, path: Path, seconds: float) -> Outcome:
    try:
        verdict = from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, EvidenceError):
        return Outcome(_inconclusive(name, running, code, seconds), code)
    return Outcome(verdict, code)


def _inconclusive(name: str, running: Running, code: int, seconds: float) -> Verdict:
    """Return the verdict on a drill that gave none: nothing was looked at, for the reason that it printed."""
    complaint = COMPLAINT.search(_last_output(running))
    why = complaint[1].strip() if complaint else f"{ending(code)}. The end of its log, {running.log}:\n{running.tail()}"
    result = Result(
        "load", "the drill", Status.INCONCLUSIVE, f"{name} could not be drilled: {why}", {"exit": code},
        remedy="fix this problem, and run the drill again",
    )  # fmt: skip
    nothing = Coverage(0, 0), LoadSummary(0, 0, 0.0)
    return Verdict(name, Status.INCONCLUSIVE, round(seconds, 1), {}, (result,), (), *nothing)


def _last_output(running: Running) -> str:
    return running.log.read_text(encoding="utf-8", errors="replace")


def name_systems(systems: Sequence[str]) -> dict[str, str]:
    """Return systems by a name for each, that no other has and that a file can have."""
    found: dict[str, str] = {}
    for system in systems:
        name = find_folder(system, Path.cwd()).name
        found[name if name not in found else f"{name}-{len(found) + 1}"] = system
    return found
