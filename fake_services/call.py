"""A request, its answer, and what a provider must know of its protocol to turn one into the other."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Mapping

    from aiohttp.web import BaseRequest

    from fake_services.catalogue import ServiceName, Value


@dataclass(slots=True)
class Call:
    """A request as a provider understands it.

    `columns` are the journal's, as far as the request tells them; `items` holds further columns for each key of a
    batch, which then has an entry for each. `asked` is what the provider made of the request, for itself. `status` is
    the HTTP status sent so far, 0 before. `failed` is called if no whole answer or an error becomes of it.
    """

    request: BaseRequest
    service: ServiceName
    route: str
    columns: dict[str, Value] = field(default_factory=dict)
    items: list[dict[str, Value]] = field(default_factory=list)
    operation: str = field(default_factory=lambda: uuid.uuid4().hex)
    asked: Any = None
    started: float = field(default_factory=time.monotonic)
    latency: float = 0.0
    fault: str | None = None
    status: int = 0
    failed: Callable[[], None] | None = None

    @property
    def trace(self) -> str | None:
        """The id of the test request that this one was made for, from X-Request-ID or else from traceparent."""
        return self._named("X-Request-ID")

    @property
    def trace_id(self) -> str | None:
        """The id that the app gave what it was doing, from X-Trace-ID or else from traceparent."""
        return self._named("X-Trace-ID")

    def seen(self) -> Iterator[Mapping[str, Value]]:
        """Yield what faults can match: the columns of the request, for a batch those of each key."""
        known = {"route": self.route, "operation": self.operation, "trace": self.trace, **self.columns}
        for item in self.items or [{}]:
            yield {**known, **item}

    def _named(self, header: str) -> str | None:
        headers = self.request.headers
        if name := headers.get(header):
            return name
        parts = headers.get("traceparent", "").split("-")
        return parts[1] if len(parts) > 1 else None


@dataclass(slots=True)
class Answer:
    """What a provider says.

    `pieces`, if any, are streamed first; `body` is what ends the answer, and where it depends on the time until then, a
    function that makes it. `length` is the Content-Length where it is not the body's (HEAD). `columns` (for a batch,
    `items`) are what the journal tells of a success; `error` is what it tells of a failure, None for a success.
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
