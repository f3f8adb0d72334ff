"""What an alert lived through, read off ALERTS, which Prometheus writes at every evaluation: nothing is missed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from promdrill.evidence.delivery import told

if TYPE_CHECKING:
    from promdrill.evidence.delivery import Told
    from promdrill.evidence.folder import Evidence

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
    """Return when an alert was active from the baseline on; the warm-up is not judged.

    Left out is what began in a phase in which another alert is to inhibit it.
    """
    inhibited = [evidence.phase(held.phase) for held in evidence.held if held.alert == alert and held.by]
    found = active(evidence, alert)

    def own(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
        return tuple(one for one in intervals if not any(phase.start <= one.start <= phase.end for phase in inhibited))

    return Activity(own(found.pending), own(found.firing))


def active(evidence: Evidence, alert: str) -> Activity:
    """Return when an alert was active from the baseline on, for whatever cause."""
    since = evidence.baseline.start
    times: dict[str, set[float]] = {"pending": set(), "firing": set()}
    for series in evidence.history(f'ALERTS{{alertname="{alert}"}}').series:
        times[dict(series.labels)["alertstate"]] |= {time for time, _ in series.points if time >= since}
    gap = EVALUATIONS * evidence.run.evaluation_interval
    return Activity(_intervals(times["pending"], gap), _intervals(times["firing"], gap))


def held_since(evidence: Evidence, alert: str, pending: float, fired: float) -> float:
    """Return since when the condition of the instance that fired at a time had held, as Prometheus itself counts.

    An alert can be `pending` for long in one instance after the other, each of them too short to fire. Prometheus
    counts in whole seconds; as far as that goes, the condition held as long as the alert was pending.
    """
    first = {
        series.labels
        for series in evidence.history(f'ALERTS{{alertname="{alert}",alertstate="firing"}}').series
        if any(time == fired for time, _ in series.points)
    }
    began = {
        value
        for series in evidence.history(f'ALERTS_FOR_STATE{{alertname="{alert}"}}').series
        if tuple(sorted((*series.labels, ("alertstate", "firing")))) in {tuple(sorted(labels)) for labels in first}
        for time, value in series.points
        if time == fired
    }
    return next((since + 1 for since in sorted(began) if since > pending), pending)


def notifications(evidence: Evidence, alert: str, status: str) -> tuple[Told, ...]:
    """Return what receivers were told of an alert, `firing` or `resolved` in all instances, in order of arrival.

    What came before it first fired, of which there can be some about the warm-up, is left out.
    """
    since = next((firing.start for firing in activity(evidence, alert).firing), math.inf)
    return tuple(one for one in told(evidence.notifications, alert) if one.at >= since and one.status == status)


def _intervals(times: set[float], gap: float) -> tuple[Interval, ...]:
    ordered = sorted(times)
    if not ordered:
        return ()
    breaks = [(before, after) for before, after in pairwise(ordered) if after - before > gap]
    starts = [ordered[0], *(after for _, after in breaks)]
    ends = [*(before for before, _ in breaks), ordered[-1]]
    return tuple(Interval(start, end) for start, end in zip(starts, ends, strict=True))
