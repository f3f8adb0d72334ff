"""The journal: every attempt that a fake saw, in order of finishing; and the ledger, its exact counts."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from promdrill_fakes.services import SERVICES, ServiceName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promdrill_fakes.definition import Value

Outcome = Literal["ok", "error"]


class Attempt(NamedTuple):
    """One attempt as it came over the wire.

    `started` and `finished` are seconds of `time.monotonic()`. `latency` is the injected latency in seconds that was
    asked for, `latency_served` how long it took in fact, both from `started` on, both 0 where there was none. `status`
    is 0 where none was sent. `own_columns` are those that have a value of their own. (A tuple, as one is made
    for each request; for the same reason, it has no more columns than that.)
    """

    service: ServiceName
    route: str
    trace: str | None
    trace_id: str | None
    test: str | None
    operation: str
    status: int
    outcome: Outcome
    error: str | None
    fault: str | None
    started: float
    finished: float
    latency: float
    latency_served: float
    own_columns: Mapping[str, Value]

    @property
    def columns(self) -> Mapping[str, Value]:
        """All columns of the service's schema."""
        return {**SERVICES[self.service].columns, **self.own_columns}


class Journal:
    """Remembers attempts and counts them. Entry number `seq` is `entries[seq - 1]`."""

    def __init__(self) -> None:
        self.entries: list[Attempt] = []
        self.in_flight: Counter[ServiceName] = Counter()
        # Counted when asked for: whoever waits for an answer does not wait for that.
        self._counts: Counter[tuple[Value, ...]] = Counter()
        self._counted = 0

    def begin(self, service: ServiceName) -> None:
        """Count a request that has begun; `end` must follow."""
        self.in_flight[service] += 1

    def end(self, service: ServiceName, attempts: Sequence[Attempt]) -> None:
        """Record what a request that had begun was: one attempt, or one for each key of a batch."""
        self.in_flight[service] -= 1
        self.record(attempts)

    def record(self, attempts: Sequence[Attempt]) -> None:
        """Record what a request was that never waited, and so was never in flight."""
        self.entries.extend(attempts)

    def reset(self) -> None:
        """Forget all attempts; requests in flight stay in flight, and end in the new journal."""
        self.entries.clear()
        self._counts.clear()
        self._counted = 0

    def lines(self, since: int, until: int, test: str | None = None) -> bytes:
        """Return the entries with `since` < `seq` <= `until`, of one test if it is named, as JSON, one on a line."""
        chosen = enumerate(self.entries[since:until], start=since + 1)
        return b"".join(json.dumps(_flat(seq, one)).encode() + b"\n" for seq, one in chosen if _belongs(one, test))

    def ledger(self, test: str | None = None) -> dict[str, Any]:
        """Return the counts by service, route, the service's keys, outcome and fault; of one test if it is named."""
        if test is None:
            counts = self._counts
            counts.update(map(_group, self.entries[self._counted :]))
            self._counted = len(self.entries)
        else:
            counts = Counter(_group(one) for one in self.entries if _belongs(one, test))
        return {
            "in_flight": self.in_flight.total(),
            "entries": counts.total(),
            "counts": [{**_group_fields(group), "count": count} for group, count in counts.items()],
        }

    def durations(self, test: str | None = None) -> list[dict[str, Any]]:
        """Return the seconds of each attempt, in order of finishing, by what the ledger counts by."""
        groups: dict[tuple[Value, ...], list[Attempt]] = {}
        for attempt in self.entries:
            if _belongs(attempt, test):
                groups.setdefault(_group(attempt), []).append(attempt)
        return [
            {
                **_group_fields(group),
                "latency": [one.latency for one in attempts],
                "latency_served": [one.latency_served for one in attempts],
                "served": [one.finished - one.started for one in attempts],
            }
            for group, attempts in groups.items()
        ]


def _group(attempt: Attempt) -> tuple[Value, ...]:
    columns = attempt.columns
    keys = [columns[key] for key in SERVICES[attempt.service].keys]
    return attempt.service, attempt.route, *keys, attempt.outcome, attempt.fault


def _group_fields(group: tuple[Value, ...]) -> dict[str, Value]:
    service, route, *keys, outcome, fault = group
    named = zip(SERVICES[str(service)].keys, keys, strict=True)
    return {"service": service, "route": route, **dict(named), "outcome": outcome, "fault": fault}


def _belongs(attempt: Attempt, test: str | None) -> bool:
    return test is None or test in (attempt.test, attempt.trace)


def _flat(seq: int, attempt: Attempt) -> dict[str, Any]:
    return {
        "seq": seq,
        "service": attempt.service,
        "route": attempt.route,
        "trace": attempt.trace,
        "trace_id": attempt.trace_id,
        "test": attempt.test,
        "operation": attempt.operation,
        "status": attempt.status,
        "outcome": attempt.outcome,
        "error": attempt.error,
        "fault": attempt.fault,
        "started": attempt.started,
        "finished": attempt.finished,
        "latency": attempt.latency,
        "latency_served": attempt.latency_served,
        **attempt.columns,
    }
