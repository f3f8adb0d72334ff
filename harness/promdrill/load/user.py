"""The base class of a scenario's Locust users: seeded cases, a bounded number of turns, and a ledger of every request.

Only the Locust process imports this module: Locust monkey-patches the standard library.

A row of the ledger has the columns `seq`, `service` (client), `action`, `user` (the class), `turn` (the number of its
case), `trace`, `operation`, `outcome` (ok or error), `error`, `started` and `finished` (`time.monotonic()` seconds),
and those that the scenario's users add. That of a request also has `route`, `method`, `status`, `sent` and `headers`
(those of the request and of the response that the contract names, in lower case).
"""

from __future__ import annotations

import abc
import math
import time
from typing import TYPE_CHECKING, Any, ClassVar

from locust import FastHttpUser, constant_pacing, task
from locust.event import EventHook
from locust.exception import StopUser

from promdrill.load.cookies import Cookies

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from locust.contrib.fasthttp import FastResponse

    from promdrill.load.work import Case, Row, Work

# Servers close connections that nobody uses: gunicorn after 2 s, uvicorn and Node after 5. A request that is sent at
# just that moment is lost, so a connection that was idle for longer than this is not used again.
IDLE_SECONDS = 1.0
REST = constant_pacing(0.1)


class DrillUser(FastHttpUser):
    """A user that takes one turn after the other, each with the next of its class's cases.

    A scenario's class gives `cases`, all label values among them, and `turn`, which sends requests by `send`. All users
    of a class share one deck of cases, shuffled anew by the run's seed for each pass, so that no case is left out.
    """

    abstract = True
    _answered = -math.inf
    network_timeout = 30.0
    connection_timeout = 10.0
    cases: ClassVar[Sequence[Case]] = ({},)

    note: ClassVar[Callable[[Row], None]]
    traces: ClassVar[random.Random]
    watched: ClassVar[frozenset[str]]
    work: ClassVar[Work]
    # Whether Locust's own statistics are for anybody: they cost as much as the ledger.
    shown: ClassVar[bool] = True
    _due: float | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - what Locust gives its users
        super().__init__(*arguments, **named)
        self._place = self.work.join()
        self._paced = constant_pacing(self.work.every)
        self.client.cookiejar = self.client.client.cookiejar = Cookies()
        if not self.shown:
            self.client.request_event = EventHook()  # type: ignore[no-untyped-call]  # Locust does not type it

    @classmethod
    def broke(cls, error: BaseException) -> None:
        """Write a row about a turn that raised: what it left undone, no ledger can witness."""
        now = time.monotonic()
        cls._write(
            {"action": None, "turn": None, "outcome": "error", "error": f"exception: {type(error).__name__}: {error}"}
            | {"started": now, "finished": now, "status": 0, "route": None},
            cls.new_trace(),
        )

    @classmethod
    def new_trace(cls) -> str:
        """Return an id that no other request of this run has; the same for the same seed and order."""
        return f"{cls.traces.getrandbits(128):032x}"

    def wait_time(self) -> float:
        """Return the seconds until the next turn; in the open model, wait for the next arrival.

        Who rests looks again soon, to act as soon as the phase is there.
        """
        work = self.work
        if work.pool:
            self._due = work.pool.take()
            return 0.0
        if work.resting(self._place):
            return REST(self)
        if work.users.think:
            return self.traces.uniform(work.users.think.low, work.users.think.high)
        return self._paced(self)

    @task
    def next_turn(self) -> None:
        """Take a turn, or rest, or leave when the class has had all of its turns."""
        if self.work.pool and self._due is None:
            return  # Locust lets a user act before it first waits
        if not self.work.pool and self.work.resting(self._place):
            return
        if (turn := self.work.next()) is None:
            raise StopUser
        self._number, journey, case = turn
        (getattr(self, journey) if journey else self.turn)(case)

    def paused(self) -> bool:
        """Tell whether this user is to rest now: one that holds a session ends it."""
        return not self.work.pool and self.work.resting(self._place)

    @abc.abstractmethod
    def turn(self, case: Case) -> None:
        """Do what this user does, once, for one case."""

    def send(
        self,
        action: str,
        method: str,
        path: str,
        *,
        context: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
        **request: Any,  # noqa: ANN401 - what FastHttpUser takes
    ) -> FastResponse:
        """Send one request and write its row: the action, the outcome as the client saw it, the context's columns."""
        sent = {"X-Request-ID": self.new_trace()}
        if headers:
            sent.update(headers)
        started = time.monotonic()
        # Only the first request of a turn was due at a time; the others begin when the one before is over.
        due, self._due = (started if self._due is None else self._due), None
        if started - self._answered > IDLE_SECONDS:
            self.client.client.close()  # and opens another
        answer: FastResponse = self.client.request(method, path, name=action, headers=sent, **request)
        self._answered = finished = time.monotonic()
        status = answer.status_code
        ok = bool(status) and status < 400  # noqa: PLR2004 - HTTP
        error = None if ok else _error_code(answer)
        trace = sent["X-Request-ID"]
        type(self).note(
            {
                "user": type(self).__name__,
                "trace": trace,
                "operation": trace,
                "action": action,
                "turn": self._number,
                "outcome": "ok" if ok else "error",
                "error": error,
                "due": due,
                "started": started,
                "finished": finished,
                "route": path.split("?", maxsplit=1)[0],
                "method": method,
                "status": status,
                "sent": self._watched_headers(sent.items()) if self.watched else {},
                "headers": self._watched_headers((answer.headers or {}).items()) if self.watched else {},
                **context,
            }
        )
        return answer

    def record(  # noqa: PLR0913 - each is a column that every row has
        self,
        action: str,
        *,
        trace: str,
        started: float,
        finished: float,
        operation: str | None = None,
        outcome: str = "ok",
        error: str | None = None,
        **columns: Any,  # noqa: ANN401 - what a ledger holds
    ) -> None:
        """Write a row about what was no HTTP request of its own: a job of a batch, a session, a message.

        Times are `time.monotonic()` seconds. The row whose operation is its trace (the default) is the client's entry
        of that trace, whose columns other ledgers' rows reach as `client.*`; the others need an operation each.
        """
        row = {"action": action, "turn": self._number, "outcome": outcome, "error": error}
        self._write({**row, "started": started, "finished": finished, **columns}, trace, operation)

    @classmethod
    def _write(cls, row: Mapping[str, Any], trace: str, operation: str | None = None) -> None:
        cls.note({"user": cls.__name__, "trace": trace, "operation": operation or trace, **row})

    @classmethod
    def _watched_headers(cls, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
        return {name.lower(): value for name, value in headers if name.lower() in cls.watched}


def _error_code(response: FastResponse) -> str:
    try:
        return str(response.json()["error"]["code"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return "no_response" if not response.status_code else f"http_{response.status_code}"
