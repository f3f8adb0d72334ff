"""What became of a request, for the journal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from promdrill_fakes.call import Answer
from promdrill_fakes.journal import Attempt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promdrill_fakes.call import Call
    from promdrill_fakes.definition import Value
    from promdrill_fakes.journal import Journal


class Recorder:
    """Journals one request, once: whatever is reported first is what became of it."""

    __slots__ = ("_call", "_journal", "_open")

    def __init__(self, journal: Journal, call: Call) -> None:
        self._journal = journal
        self._call = call
        self._open = True
        journal.begin(call.service)

    def record_answer(self, answer: Answer) -> None:
        """Journal an answer whose last byte is about to be written."""
        self._end(answer.error, answer)

    def record_failure(self, error: str) -> None:
        """Journal a request that had no whole answer."""
        self._end(error, Answer())

    def _end(self, error: str | None, answer: Answer) -> None:
        if self._open:
            self._open = False
            self._journal.end(self._call.service, finish_call(self._call, error, answer))


def finish_call(call: Call, error: str | None, answer: Answer) -> Sequence[Attempt]:
    """End a request, and return what it was: one attempt, or one for each key of a batch. An error moved nothing."""
    finished = time.monotonic()
    if error is not None and call.failed is not None:
        call.failed()
    if call.ended is not None:
        call.ended()
    if not call.items:
        if error is None:
            call.columns.update(answer.columns)
        return (_attempt(call, error, finished, call.operation, call.columns),)
    results = [{}] if error is not None else answer.items or [answer.columns]
    results = results if len(results) == len(call.items) else results * len(call.items)
    return [
        _attempt(call, error, finished, f"{call.operation}:{item['key']}", {**call.columns, **item, **result})
        for item, result in zip(call.items, results, strict=True)
    ]


def _attempt(call: Call, error: str | None, finished: float, operation: str, columns: Mapping[str, Value]) -> Attempt:
    return Attempt(
        call.service,
        call.route,
        *call.ids,
        operation,
        call.status,
        "ok" if error is None else "error",
        error,
        call.fault,
        call.started,
        finished,
        call.latency,
        call.latency_served,
        columns,
    )
