"""What an alert lived through, read off ALERTS, which Prometheus writes at every evaluation: nothing is missed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.evidence.folder import Evidence

# An evaluation can be late on a busy machine; an alert that was away for less than this many was there all along.
EVALUATIONS = 5


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time, in epoch seconds, both ends inclusive."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Activity:
    """When any instance of an alert was pending, and when any was firing: intervals in order."""

    pending: tuple[Interval, ...]
    firing: tuple[Interval, ...]


def activity(evidence: Evidence, alert: str) -> Activity:
    """Return when an alert was active from the baseline on; the warm-up is not judged."""
    since = evidence.baseline.start
    times: dict[str, set[float]] = {"pending": set(), "firing": set()}
    for series in evidence.history(f'ALERTS{{alertname="{alert}"}}').series:
        times[dict(series.labels)["alertstate"]] |= {time for time, _ in series.points if time >= since}
    gap = EVALUATIONS * evidence.run.evaluation_interval
    return Activity(_intervals(times["pending"], gap), _intervals(times["firing"], gap))


def notifications(evidence: Evidence, alert: str, status: str) -> tuple[Mapping[str, Any], ...]:
    """Return the payloads that say of an alert's group that it is `firing`, or `resolved`, in order of arrival.

    Those from before it first fired, of which there can be some about the warm-up, are left out.
    """
    since = next((firing.start for firing in activity(evidence, alert).firing), math.inf)
    return tuple(
        payload
        for payload in evidence.notifications
        if payload["received"] >= since
        and payload["groupLabels"].get("alertname") == alert
        and payload["status"] == status
    )


def _intervals(times: set[float], gap: float) -> tuple[Interval, ...]:
    ordered = sorted(times)
    if not ordered:
        return ()
    breaks = [(before, after) for before, after in pairwise(ordered) if after - before > gap]
    starts = [ordered[0], *(after for _, after in breaks)]
    ends = [*(before for before, _ in breaks), ordered[-1]]
    return tuple(Interval(start, end) for start, end in zip(starts, ends, strict=True))
