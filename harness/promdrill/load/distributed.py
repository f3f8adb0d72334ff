"""A load of several processes: its users are spread over them, and the master collects all that they saw.

Locust's own dispatcher spreads the sum of all users evenly, and can put all users of a class into one process. Ours
spreads each class evenly, so that each process can do its share. Locust's own master waits for half a second when it
quits, and what a worker has not told by then is lost: a ledger that lacks rows is no witness. Ours waits for all.

Only the Locust process imports this module: Locust monkey-patches the standard library.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import gevent
from gevent.lock import BoundedSemaphore
from locust import events

from promdrill.load.reporting import KEY
from promdrill.load.work import Share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from locust import User
    from locust.runners import MasterRunner, WorkerNode

    from promdrill.load.reporting import LedgerWriter

# The users of each class, by worker.
Users = dict[str, dict[str, int]]
# The messages between them: master to workers, and the answer.
PHASE, FINISH, DONE = "promdrill_phase", "promdrill_finish", "promdrill_done"
POLL_SECONDS = 0.05
MISSING = "missing"


class Dispatcher:
    """Spreads all users at once, in the place of Locust's UsersDispatcher (`Environment.dispatcher_class`).

    The users of a process that is lost are not replaced: its share of arrivals and cases is lost with it, and the
    run is inconclusive.
    """

    # Locust would spread them again when a worker comes or goes and no dispatch is under way.
    dispatch_in_progress = True

    def __init__(self, worker_nodes: Sequence[WorkerNode], user_classes: Sequence[type[User]]) -> None:
        # In the order in which they came, which is that of the indexes by which they know their share.
        self._workers = tuple(worker_nodes)
        self._counts = {cls.__name__: cls.fixed_count for cls in user_classes}

    def new_dispatch(self, target_user_count: int, spawn_rate: float, user_classes: object = None) -> None:
        """Begin: what Locust gives is known already, the classes tell their counts themselves."""

    def add_worker(self, worker_node: WorkerNode) -> None:
        """Give a worker that comes late nothing to do: the others have it all."""

    def remove_worker(self, worker_node: WorkerNode) -> None:
        """Leave the users of the others as they are."""

    def __iter__(self) -> Iterator[Users]:
        yield {
            worker.id: {name: Share(index, len(self._workers)).count(users) for name, users in self._counts.items()}
            for index, worker in enumerate(self._workers)
        }


class Collector:
    """Collects what the workers of a master tell."""

    def __init__(self, runner: MasterRunner, writer: LedgerWriter, phase: Callable[[], str]) -> None:
        self._runner = runner
        self._writer = writer
        self._phase = phase
        self._known: set[str] = set()
        self._done: set[str] = set()
        self._collected = False
        self._collecting = BoundedSemaphore()
        runner.register_message(DONE, lambda msg, **_: self._note_finish(msg.node_id, msg.data))
        # Locust does not type the listeners of its events.
        events.worker_connect.add_listener(lambda client_id, **_: self._known.add(client_id))  # type: ignore[no-untyped-call]
        events.worker_report.add_listener(lambda client_id, data, **_: self._take(client_id, data))  # type: ignore[no-untyped-call]
        gevent.spawn(self._send_phases)

    def collect(self) -> None:
        """Have every worker let its users finish their turns and tell the rest; who does not answer in time is lost.

        Who asks again meanwhile, as when the run ends the load that a threshold is ending, waits for the same.
        """
        with self._collecting:
            if not self._collected:
                self._collect()
                self._collected = True

    def _collect(self) -> None:
        self._runner.send_message(FINISH)
        deadline = time.monotonic() + self._runner.environment.stop_timeout + 5
        while (awaited := self._known - self._done - self._missing()) and time.monotonic() < deadline:
            gevent.sleep(POLL_SECONDS)
        for worker in sorted(awaited | (self._missing() - self._done)):
            self._writer.lose(worker)

    def _missing(self) -> set[str]:
        there = {client.id for client in self._runner.clients.all if client.state != MISSING}
        return self._known - there

    def _note_finish(self, worker: str, told: dict[str, Any]) -> None:
        self._take(worker, told)
        self._done.add(worker)

    def _take(self, worker: str, data: dict[str, Any]) -> None:
        if told := data.pop(KEY, None):
            self._writer.take(worker, told)

    def _send_phases(self) -> None:
        told: tuple[str, int] | None = None
        while True:
            # One that connects late has to be told too.
            if (news := (self._phase(), len(self._known))) != told:
                self._runner.send_message(PHASE, {"name": news[0]})
                told = news
            gevent.sleep(POLL_SECONDS)
