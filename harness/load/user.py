"""The base class of a scenario's Locust users: seeded cases, a bounded number of turns, and a ledger of every request.

Only the Locust process imports this module: Locust monkey-patches the standard library.
"""

from __future__ import annotations

import abc
import itertools
import json
import random
import time
from typing import TYPE_CHECKING, Any, ClassVar

from locust import FastHttpUser, constant_pacing, task
from locust.exception import StopUser

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from locust.contrib.fasthttp import FastResponse

Case = dict[str, Any]


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
    network_timeout = 30.0
    connection_timeout = 10.0
    cases: ClassVar[Sequence[Case]] = ({},)

    ledger: ClassVar[ClientLedger]
    traces: ClassVar[random.Random]
    _deck: ClassVar[Iterator[tuple[int, Case]]]
    _turns_left: ClassVar[float]

    @classmethod
    def prepare(cls, seed: int, *, users: int, every: float, turns: float) -> None:
        """Set a class up: `users` at once, a turn each `every` seconds, `turns` in all (may be infinite)."""
        cls.fixed_count = users
        cls.wait_time = constant_pacing(every)
        cls._turns_left = turns
        source = random.Random(f"{seed}:{cls.__name__}")  # noqa: S311 - not a secret
        cls._deck = enumerate(_shuffled(cls.cases, source))

    @classmethod
    def broke(cls, error: BaseException) -> None:
        """Write a row about a turn that raised: what it left undone, no ledger can witness."""
        now = time.monotonic()
        trace = f"{cls.traces.getrandbits(128):032x}"
        cls.ledger.write(
            {
                "route": None,
                "action": None,
                "user": cls.__name__,
                "turn": None,
                "trace": trace,
                "operation": trace,
                "status": 0,
                "outcome": "error",
                "error": f"exception: {type(error).__name__}: {error}",
                "started": now,
                "finished": now,
            }
        )

    @task
    def next_turn(self) -> None:
        """Take a turn, or leave when the class has had all of its turns."""
        cls = type(self)
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
        **request: Any,  # noqa: ANN401 - what FastHttpUser takes
    ) -> FastResponse:
        """Send one request and write its row: the action, the outcome as the client saw it, the context's columns."""
        trace = f"{self.traces.getrandbits(128):032x}"
        started = time.monotonic()
        with self.client.request(
            method, path, name=action, headers={"X-Request-ID": trace}, catch_response=True, **request
        ) as response:
            finished = time.monotonic()
            outcome = "ok" if response.status_code and response.status_code < 400 else "error"  # noqa: PLR2004 - HTTP
            self.ledger.write(
                {
                    "route": path.split("?", maxsplit=1)[0],
                    "action": action,
                    "user": type(self).__name__,
                    "turn": self._number,
                    "trace": trace,
                    "operation": trace,
                    "status": response.status_code,
                    "outcome": outcome,
                    "error": None if outcome == "ok" else _error_code(response),
                    "started": started,
                    "finished": finished,
                    **context,
                }
            )
            if outcome == "ok":
                response.success()
            else:
                response.failure(f"{response.status_code} {_error_code(response)}")
        answer: FastResponse = response
        return answer


def _shuffled(cases: Sequence[Case], source: random.Random) -> Iterator[Case]:
    while True:
        yield from source.sample(cases, len(cases))


def _error_code(response: FastResponse) -> str:
    try:
        return str(response.json()["error"]["code"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return "no_response" if not response.status_code else f"http_{response.status_code}"
