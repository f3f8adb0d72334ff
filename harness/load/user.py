"""The base class of a scenario's Locust users: seeded cases, a bounded number of turns, and a ledger of every request.

Only the Locust process imports this module: Locust monkey-patches the standard library.

A row of the ledger has the columns `seq`, `service` (client), `action`, `user` (the class), `turn` (the number of its
case), `trace`, `operation`, `outcome` (ok or error), `error`, `started` and `finished` (`time.monotonic()` seconds),
and those that the scenario's users add. That of a request also has `route`, `method`, `status`, `sent` and `headers`
(those of the request and of the response that the contract names, in lower case).
"""

from __future__ import annotations

import abc
import itertools
import json
import math
import random
import time
from typing import TYPE_CHECKING, Any, ClassVar

from locust import FastHttpUser, constant_pacing, task
from locust.exception import StopUser

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from locust.contrib.fasthttp import FastResponse

Case = dict[str, Any]
# Servers close connections that nobody uses: gunicorn after 2 s, uvicorn and Node after 5. A request that is sent at
# just that moment is lost, so a connection that was idle for longer than this is not used again.
IDLE_SECONDS = 1.0
REST_SECONDS = 0.1


class ClientLedger:
    """Writes one row for each request, in order of finishing, as the journals of the fakes do."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", buffering=1)
        self._count = itertools.count()

    def write(self, row: Mapping[str, Any]) -> None:
        """Append a row."""
        self._file.write(json.dumps({"seq": next(self._count), "service": "client", **row}) + "\n")


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

    ledger: ClassVar[ClientLedger]
    traces: ClassVar[random.Random]
    phase: ClassVar[Callable[[], str]]
    watched: ClassVar[frozenset[str]]
    _every: ClassVar[float]
    _rests_in: ClassVar[frozenset[str]]
    _deck: ClassVar[Iterator[tuple[int, Case]]]
    _turns_left: ClassVar[float]

    @classmethod
    def prepare(cls, seed: int, *, users: int, every: float, turns: float, rests_in: Collection[str]) -> None:
        """Set a class up: `users` at once, a turn each `every` seconds, `turns` in all (may be infinite).

        They take none in the phases of `rests_in`.
        """
        cls.fixed_count = users
        cls._rests_in = frozenset(rests_in)
        cls._every = every
        cls._turns_left = turns
        source = random.Random(f"{seed}:{cls.__name__}")  # noqa: S311 - not a secret
        cls._deck = enumerate(_shuffled(cls.cases, source))

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

    @classmethod
    def paused(cls) -> bool:
        """Tell whether this class rests in the phase that the drill is in."""
        return bool(cls._rests_in) and cls.phase() in cls._rests_in

    def wait_time(self) -> float:
        """Return the seconds until the next turn; who rests looks again soon, to act as soon as the phase is there."""
        return constant_pacing(REST_SECONDS if self.paused() else self._every)(self)

    @task
    def next_turn(self) -> None:
        """Take a turn, or rest, or leave when the class has had all of its turns."""
        cls = type(self)
        if cls.paused():
            return
        if cls._turns_left <= 0:
            raise StopUser
        cls._turns_left -= 1
        self._number, case = next(cls._deck)
        self.turn(case)

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
        sent = {"X-Request-ID": self.new_trace(), **(headers or {})}
        started = time.monotonic()
        if started - self._answered > IDLE_SECONDS:
            self.client.client.close()  # and opens another
        with self.client.request(method, path, name=action, headers=sent, catch_response=True, **request) as response:
            self._answered = finished = time.monotonic()
            ok = bool(response.status_code) and response.status_code < 400  # noqa: PLR2004 - HTTP
            error = None if ok else _error_code(response)
            self._write(
                {
                    "action": action,
                    "turn": self._number,
                    "outcome": "ok" if ok else "error",
                    "error": error,
                    "started": started,
                    "finished": finished,
                    "route": path.split("?", maxsplit=1)[0],
                    "method": method,
                    "status": response.status_code,
                    "sent": self._named(sent),
                    "headers": self._named(response.headers or {}),
                    **context,
                },
                sent["X-Request-ID"],
            )
            if ok:
                response.success()
            else:
                response.failure(f"{response.status_code} {error}")
        answer: FastResponse = response
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
        cls.ledger.write({"user": cls.__name__, "trace": trace, "operation": operation or trace, **row})

    @classmethod
    def _named(cls, headers: Mapping[str, str]) -> dict[str, str]:
        return {name.lower(): value for name, value in headers.items() if name.lower() in cls.watched}


def _shuffled(cases: Sequence[Case], source: random.Random) -> Iterator[Case]:
    while True:
        yield from source.sample(cases, len(cases))


def _error_code(response: FastResponse) -> str:
    try:
        return str(response.json()["error"]["code"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return "no_response" if not response.status_code else f"http_{response.status_code}"
