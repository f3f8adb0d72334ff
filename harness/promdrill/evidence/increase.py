"""How much a counter grew in a run, from Prometheus' raw samples: no extrapolation, no window."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from promdrill.evidence.folder import Evidence
    from promdrill.evidence.ledger import LabelSet
    from promdrill.evidence.prometheus_api import Series

# What Prometheus adds to every series of a target.
TARGET_LABELS = frozenset({"instance", "job"})
# Whole numbers add up exactly. Fractions, such as dollars, differ in their last digits by the order of additions.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Increase:
    """The growth of one series over a run, and how often it fell on the way (a counter never does)."""

    value: float
    resets: int


def increases(evidence: Evidence, name: str) -> dict[LabelSet, Increase]:
    """Return the increase of each series of a counter in Prometheus, by its own labels.

    A series that is there from its target's first scrape on grows from its first sample, one that appears later from 0.
    """
    starts = _first_scrapes(evidence)
    earliest = min(starts.values(), default=0.0)
    return growth(evidence.history(name).series, lambda series: starts.get(target_of(series.labels), earliest))


def growth(found: Iterable[Series], began: Callable[[Series], float]) -> dict[LabelSet, Increase]:
    """Return the increase of series by their own labels; one that is first seen after it `began` was 0 before."""
    values: dict[LabelSet, float] = defaultdict(float)
    resets: dict[LabelSet, int] = defaultdict(int)
    for series in found:
        seen = [value for _, value in series.points]
        if series.points[0][0] > began(series):
            seen.insert(0, 0.0)
        labels = own_labels(series.labels)
        fallen_from = [before for before, after in pairwise(seen) if after < before]
        values[labels] += seen[-1] - seen[0] + sum(fallen_from)
        resets[labels] += len(fallen_from)
    return {labels: Increase(value, resets[labels]) for labels, value in values.items()}


def same(expected: float, seen: float) -> bool:
    """Tell whether two amounts are one: whole numbers exactly, fractions but for the order in which they were added."""
    whole = float(expected).is_integer() and float(seen).is_integer()
    return expected == seen if whole else math.isclose(expected, seen, rel_tol=ROUNDING)


def own_labels(labels: LabelSet) -> LabelSet:
    """Return the labels that the app itself gave a series."""
    return tuple(pair for pair in labels if pair[0] not in TARGET_LABELS)


def target_of(labels: LabelSet) -> LabelSet:
    """Return the labels by which Prometheus tells what it scraped."""
    return tuple(pair for pair in labels if pair[0] in TARGET_LABELS)


def _first_scrapes(evidence: Evidence) -> dict[LabelSet, float]:
    """Return when the first scrape of each target succeeded: a Prometheus scrapes each at a moment of its own."""
    return {
        target_of(series.labels): min(good)
        for series in evidence.history(f'up{{job="{evidence.scenario.job}"}}').series
        if (good := [time for time, value in series.points if value])
    }
