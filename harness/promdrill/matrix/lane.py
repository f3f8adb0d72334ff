"""A lane: fakes and a Prometheus that stay up, and in front of them one app after the other.

Each app finds the stack as a run of its own would: the fakes begin again, and Prometheus forgets all samples. Nothing
is shared by two apps at the same time, so that the lane's fakes, rules and queries are those of a run alone.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx

from promdrill import conventions, plain_http
from promdrill.errors import StackError
from promdrill.stack.monitoring import PROMETHEUS_NAME
from promdrill.stack.part import Running
from promdrill.stack.processes import Processes
from promdrill.stack.stack import APP, Stack

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from promdrill.contract import Scenario
    from promdrill.evidence.folder import Recorder
    from promdrill.matrix.forks import Forks
    from promdrill.options import Options
    from promdrill.stack.part import Part

ADMIN_FLAG = "--web.enable-admin-api"
DELETE = "/api/v1/admin/tsdb/delete_series"
EVERYTHING = {"match[]": '{__name__=~".+"}'}


class LaneProcesses(Processes):
    """The processes of a lane: forks, where there are any for a part. Nothing waits on once `stopping` is set."""

    def __init__(self, logs: Path, folder: Path, forks: Sequence[Forks], stopping: Event) -> None:
        super().__init__(logs, folder)
        self._forks = forks
        self._stopping = stopping
        self._standing: tuple[Running, ...] = ()

    def stand(self) -> None:
        """Have what runs now stay up."""
        self._standing = tuple(self._running)

    def end_others(self) -> None:
        """End what was started since, and forget what has died of it."""
        for running in [one for one in self._running if one not in self._standing]:
            self.end(running)

    def log_to(self, logs: Path) -> None:
        """Have the logs of parts that are started from now on lie in this folder."""
        self._logs = logs

    def start(self, part: Part) -> Running:
        """Start one part, without waiting for it."""
        for forks in self._forks:
            if forks.can_run(part):
                log = self._logs / f"{part.name}.log"
                log.touch()
                return self._add(Running(part, log, forks.start(part, self._environment(part), log)))
        return super().start(part)

    def alive(self, *, but: Running | None = None) -> None:
        """Raise a StackError when a part has died, or the matrix is being ended."""
        if self._stopping.is_set():
            raise StackError("the matrix is being ended")
        super().alive(but=but)


class Lane(Stack):
    """The standing parts of a lane. Use it as a context manager, like the stack of a run."""

    def __init__(  # noqa: PLR0913 - what a stack takes, and what a lane has beyond it
        self,
        scenario: Scenario,
        rules: Mapping[str, str],
        options: Options,
        recorder: Recorder,
        announce: Callable[[str], None],
        *,
        forks: Sequence[Forks],
        stopping: Event,
    ) -> None:
        super().__init__(scenario, rules, options, recorder, announce)
        self._forks = forks
        self._stopping = stopping

    def _runtime(self) -> LaneProcesses:
        folder = self._recorder.folder
        self.own = LaneProcesses(folder / "logs", folder / conventions.WORK_FOLDER, self._forks, self._stopping)
        return self.own

    def _watching(self, opened: contextlib.ExitStack, folder: Path) -> list[Part]:
        return [
            replace(part, command=[*part.command, ADMIN_FLAG]) if part.name == PROMETHEUS_NAME else part
            for part in super()._watching(opened, folder)
        ]

    def _begin(self, parts: list[Part], port: int) -> None:
        self.processes.start_all(parts)
        self.own.stand()
        self._port = port

    def change_app(self, options: Options, recorder: Recorder) -> float:
        """Have another app in front of fakes that begin again and a Prometheus that has seen nothing.

        Returns when its evidence begins, in epoch seconds.
        """
        self.end_app()
        self._options = options
        folder = recorder.folder.resolve()
        work = folder / conventions.WORK_FOLDER
        work.mkdir(exist_ok=True)
        self._places["work"] = str(work)
        self.own.log_to(folder / "logs")
        self.control.restart({"seed": options.seed, **self._scenario.drill.fakes.config})
        self.app_process = self.processes.start_all([self._app(self._port)])[APP]
        self._forget()
        began = time.time()
        self.await_scrapes(1)
        return began

    def end_app(self) -> None:
        """End the app, and what remains of its load."""
        self.own.end_others()
        self.app_process = None

    def _forget(self) -> None:
        try:
            with plain_http.client(self.prometheus.url, seconds=30) as client:
                client.post(DELETE, params=EVERYTHING).raise_for_status()
        except httpx.HTTPError as error:
            raise StackError(f"Prometheus does not forget: {error!r}") from error
