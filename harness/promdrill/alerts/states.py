"""When an alert was pending and firing, read off ALERTS, which Prometheus writes at every evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promdrill.evidence.folder import Evidence

# An evaluation can be late on a busy machine; an alert that was away for less than this many was there all along.
EVALUATIONS = 5


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time, in epoch seconds, both ends inclusive."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class StateIntervals:
    """When any instance of an alert was pending, and when any was firing: intervals in order."""

    pending: tuple[Interval, ...]
    firing: tuple[Interval, ...]


def state_intervals(evidence: Evidence, alert: str) -> StateIntervals:
    """Return when an alert was active from the baseline on; the warm-up is not judged.

    Left out is what began in a phase in which another alert is to inhibit it.
    """
    inhibited = [evidence.phase(one.phase) for one in evidence.suppressed if one.alert == alert and one.by]
    found = all_state_intervals(evidence, alert)

    def own(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
        return tuple(one for one in intervals if not any(phase.start <= one.start <= phase.end for phase in inhibited))

    return StateIntervals(own(found.pending), own(found.firing))


def all_state_intervals(evidence: Evidence, alert: str) -> StateIntervals:
    """Return when an alert was active from the baseline on, for whatever cause."""
    since = evidence.baseline.start
    times: dict[str, set[float]] = {"pending": set(), "firing": set()}
    for series in evidence.history(f'ALERTS{{alertname="{alert}"}}').series:
        times[dict(series.labels)["alertstate"]] |= {time for time, _ in series.points if time >= since}
    gap = EVALUATIONS * evidence.run.evaluation_interval
    return StateIntervals(_intervals(times["pending"], gap), _intervals(times["firing"], gap))


def condition_since(evidence: Evidence, alert: str, pending: float, fired: float) -> float:
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


def _intervals(times: set[float], gap: float) -> tuple[Interval, ...]:
    ordered = sorted(times)
    if not ordered:
        return ()
    breaks = [(before, after) for before, after in pairwise(ordered) if after - before > gap]
    starts = [ordered[0], *(after for _, after in breaks)]
    ends = [*(before for before, _ in breaks), ordered[-1]]
    return tuple(Interval(start, end) for start, end in zip(starts, ends, strict=True))
