"""How much a counter grew in a run, from Prometheus' raw samples: no extrapolation, no window."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.evidence.folder import Evidence
    from harness.evidence.ledger import LabelSet

# What Prometheus adds to every series of a target.
TARGET_LABELS = frozenset({"instance", "job"})


@dataclass(frozen=True, slots=True)
class Increase:
    """The growth of one series over a run, and how often it fell on the way (a counter never does)."""

    value: float
    resets: int


def increases(evidence: Evidence, name: str) -> dict[LabelSet, Increase]:
    """Return the increase of each series of a counter in Prometheus, by its own labels.

    A series that is there from the first scrape on grows from its first sample, one that appears later from 0.
    """
    answer = evidence.history(name)
    start = min((time for time, good in evidence.up if good), default=0.0)
    grown: dict[LabelSet, float] = defaultdict(float)
    resets: dict[LabelSet, int] = defaultdict(int)
    for series in answer.series:
        values = [value for _, value in series.points]
        if series.points[0][0] > start:
            values.insert(0, 0.0)
        labels = own_labels(series.labels)
        fallen_from = [before for before, after in pairwise(values) if after < before]
        grown[labels] += values[-1] - values[0] + sum(fallen_from)
        resets[labels] += len(fallen_from)
    return {labels: Increase(value, resets[labels]) for labels, value in grown.items()}


def own_labels(labels: LabelSet) -> LabelSet:
    """Return the labels that the app itself gave a series."""
    return tuple(pair for pair in labels if pair[0] not in TARGET_LABELS)
