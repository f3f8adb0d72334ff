"""Which attempts of an `openai` client belong together: it counts its retries, and retries only what failed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promdrill_fakes.call import Call

_Attempt = tuple[str | None, str, int, int]
"""An attempt's trace, route, body's hash, and how many came before it: all that the client sends again."""


class Operations:
    """Gives each attempt its operation.

    Of attempts that are the same in all that is sent, it is not known which one is retried; as many operations
    succeed and fail in any case.
    """

    def __init__(self) -> None:
        self._failed: dict[_Attempt, list[str]] = defaultdict(list)

    def join(self, call: Call, body: bytes) -> None:
        """Let the call be part of the operation that it retries, if it does."""
        headers = call.request.headers
        if key := headers.get("Idempotency-Key"):
            call.operation = key
        elif (text := headers.get("x-stainless-retry-count", "")).isdecimal():
            retries, same = int(text), (call.trace, call.route, hash(body))
            if failed := self._failed.get((*same, retries - 1)):
                call.operation = failed.pop()
            call.failed = lambda: self._failed[(*same, retries)].append(call.operation)
