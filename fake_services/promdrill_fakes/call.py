"""A request, its answer, and what a provider must know of its protocol to turn one into the other."""

from __future__ import annotations

import itertools
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping

    from aiohttp.web import BaseRequest

    from promdrill_fakes.definition import Value
    from promdrill_fakes.services import ServiceName

Result = TypeVar("Result")
_PROCESS = secrets.token_hex(8)
_ORDINALS = itertools.count(1)
Ids = tuple[str | None, str | None, str | None]
"""Of the test request that a request was made for, of what the app was doing, of the test that it is a part of."""


def ids(headers: Mapping[str, str]) -> Ids:
    """Return the ids of X-Request-ID and X-Trace-ID, each or else of traceparent, and of X-Test-ID."""
    parts = headers.get("traceparent", "").split("-")
    parent = parts[1] if len(parts) > 1 else None
    return headers.get("X-Request-ID") or parent, headers.get("X-Trace-ID") or parent, headers.get("X-Test-ID")


@dataclass(slots=True)
class Call:
    """A request as a provider understands it.

    `columns` are the journal's, as far as the request tells them; `items` holds further columns for each key of a
    batch, which then has an entry for each. `parsed` is what the provider made of the request, for itself. `status` is
    the HTTP status sent so far, 0 before. `failed` is called if no whole answer or an error becomes of it, `ended` when
    the request is over, whatever became of it. `known` are its ids, once they are.
    """

    request: BaseRequest
    service: ServiceName
    route: str
    columns: dict[str, Value] = field(default_factory=dict)
    items: list[dict[str, Value]] = field(default_factory=list)
    operation: str = field(default_factory=lambda: f"{_PROCESS}{next(_ORDINALS):016x}")
    parsed: Any = None
    started: float = field(default_factory=time.monotonic)
    latency: float = 0.0
    latency_served: float = 0.0
    fault: str | None = None
    status: int = 0
    failed: Callable[[], None] | None = None
    ended: Callable[[], None] | None = None
    known: Ids | None = None

    @property
    def trace(self) -> str | None:
        """The id of the test request that this one was made for."""
        return self.ids[0]

    @property
    def test(self) -> str | None:
        """The id of the test that this request is a part of."""
        return self.ids[2]

    @property
    def ids(self) -> Ids:
        """The ids that the headers tell."""
        if self.known is None:
            self.known = ids(self.request.headers)
        return self.known

    def match_columns(self) -> Iterator[Mapping[str, Value]]:
        """Yield what faults can match: the columns of the request, for a batch those of each key."""
        known = {"route": self.route, "operation": self.operation, "trace": self.trace, "test": self.test}
        for item in self.items or [{}]:
            yield {**known, **self.columns, **item}


@dataclass(slots=True)
class Answer:
    """What a provider says.

    `pieces`, if any, are streamed first; `body` is what ends the answer, and where it depends on the time until then, a
    function that makes it. `length` is the Content-Length where it is not the body's (HEAD, pieces of a known length).
    `columns` (for a batch, `items`) are what the journal tells of a success; `error` is what it tells of a failure,
    None for a success.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Callable[[], bytes] = b""
    pieces: AsyncGenerator[bytes] | None = None
    length: int | None = None
    columns: Mapping[str, Value] = field(default_factory=dict)
    items: list[Mapping[str, Value]] = field(default_factory=list)
    error: str | None = None

    def last(self) -> bytes:
        """Return what ends the answer; called once, when all before it has been sent."""
        return self.body if isinstance(self.body, bytes) else self.body()


class RefusedError(Exception):
    """A request that the provider refuses; holds the answer that says so."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(answer.error)


class Provider(Protocol):
    """One wire protocol."""

    @property
    def service(self) -> ServiceName:
        """The service that its requests are journalled under."""

    def open(self, request: BaseRequest) -> Call:
        """Return what the request line and the headers tell."""

    async def read(self, call: Call) -> None:
        """Read the body and complete the columns; raises `RefusedError`."""

    async def answer(self, call: Call) -> Answer:
        """Do what was asked and return the answer; raises `RefusedError`."""

    def error(self, call: Call, /, status: int, code: str | None = None, message: str | None = None) -> Answer:
        """Return the provider's error envelope, with its own words for the status where none are given."""

    def interrupt(self, call: Call, answer: Answer, /, message: str) -> Answer:
        """Return the answer as it is when an error hits in mid-stream."""


@runtime_checkable
class ImmediateProvider(Provider, Protocol):
    """A provider some of whose answers are there at once."""

    def answer_at_once(self, call: Call, data: bytes, /) -> Answer | None:
        """Return the whole answer to a request with this body; None, with nothing done, where something must wait."""

    def answers_at_once(self, call: Call, size: int, /) -> bool:
        """Return whether the answer will be there at once, whatever stands in a body of this size that is to come."""


def run_to_end(coroutine: Coroutine[object, None, Result]) -> Result:
    """Return what a coroutine returns that has nothing to wait for. Raises `RuntimeError` if it waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    coroutine.close()
    raise RuntimeError("what was to be there at once has to be waited for")
