"""The journal: every attempt that a fake saw, in order of finishing; and the ledger, its exact counts."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fake_services.catalogue import SCHEMAS, ServiceName, Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Outcome = Literal["ok", "error"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt as it came over the wire.

    `started` and `finished` are seconds of `time.monotonic()`, `latency` is the injected latency in seconds that was
    asked for, `status` is 0 where none was sent, `columns` are those of the service's schema.
    """

    service: ServiceName
    route: str
    trace: str | None
    trace_id: str | None
    operation: str
    status: int
    outcome: Outcome
    error: str | None
    fault: str | None
    started: float
    finished: float
    latency: float
    columns: Mapping[str, Value]


class Journal:
    """Remembers attempts and counts them. Entry number `seq` is `entries[seq - 1]`."""

    def __init__(self) -> None:
        self.entries: list[Attempt] = []
        self.in_flight: Counter[ServiceName] = Counter()
        self._counts: Counter[tuple[Value, ...]] = Counter()

    def begin(self, service: ServiceName) -> None:
        """Count a request that has begun; `end` must follow."""
        self.in_flight[service] += 1

    def end(self, service: ServiceName, attempts: Sequence[Attempt]) -> None:
        """Record what a request was: one attempt, or one for each key of a batch."""
        self.in_flight[service] -= 1
        for attempt in attempts:
            self.entries.append(attempt)
            keys = (attempt.columns[key] for key in SCHEMAS[service].keys)
            self._counts[service, attempt.route, *keys, attempt.outcome, attempt.fault] += 1

    def reset(self) -> None:
        """Forget all attempts; requests in flight stay in flight, and end in the new journal."""
        self.entries.clear()
        self._counts.clear()

    def lines(self, since: int, until: int) -> bytes:
        """Return the entries with `since` < `seq` <= `until` as JSON, one on a line."""
        chosen = enumerate(self.entries[since:until], start=since + 1)
        return b"".join(json.dumps(_flat(seq, attempt)).encode() + b"\n" for seq, attempt in chosen)

    def ledger(self) -> dict[str, Any]:
        """Return the counts by service, route, the service's keys, outcome and fault."""
        counts = []
        for (service, route, *keys, outcome, fault), count in self._counts.items():
            named = zip(SCHEMAS[service].keys, keys, strict=True)  # type: ignore[index]  # `end` put a service there
            counts.append(
                {"service": service, "route": route, **dict(named), "outcome": outcome, "fault": fault, "count": count}
            )
        return {"in_flight": self.in_flight.total(), "entries": len(self.entries), "counts": counts}


def _flat(seq: int, attempt: Attempt) -> dict[str, Any]:
    return {
        "seq": seq,
        "service": attempt.service,
        "route": attempt.route,
        "trace": attempt.trace,
        "trace_id": attempt.trace_id,
        "operation": attempt.operation,
        "status": attempt.status,
        "outcome": attempt.outcome,
        "error": attempt.error,
        "fault": attempt.fault,
        "started": attempt.started,
        "finished": attempt.finished,
        "latency": attempt.latency,
        **attempt.columns,
    }
