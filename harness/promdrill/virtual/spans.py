"""Which stretches of a run tell what its healthy load was like, and what the fault of an alert was like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill.alerts.states import Interval, state_intervals
from promdrill.durations import seconds
from promdrill.rules.compress import WINDOW_SCRAPES
from promdrill.rules.compressible import incompressible

if TYPE_CHECKING:
    from promdrill.evidence import Evidence
    from promdrill.rules.rulefile import Rule

FEWEST_SCRAPES = 4


@dataclass(frozen=True)
class Span:
    """A stretch of a run in epoch seconds: of counters, which are told by their growth, and of gauges, by levels."""

    counters: Interval
    gauges: Interval


def healthy(evidence: Evidence) -> Span:
    """Return the whole baseline."""
    baseline = Interval(evidence.baseline.start, evidence.baseline.end)
    return Span(baseline, baseline)


def faulty(evidence: Evidence, rule: Rule, memory: float) -> Span:
    """Return the end of an alert's phase: of counters its last window, of gauges what it was true of and no more.

    `memory` is how far back its rule looks, in the rule's own seconds. One that did not fire, or is not compressed, is
    told by the last window of the phase.
    """
    phase = evidence.phase(str(evidence.scenario.contract.alerts[rule.name].phase))
    scrape, factor = evidence.run.scrape_interval, evidence.run.factors.get(rule.name, 1.0)
    window, end = max(memory / factor, FEWEST_SCRAPES * scrape), phase.end
    true_from, true_until = end - FEWEST_SCRAPES * scrape, end
    if rule.name in incompressible(evidence.scenario.rules):
        window = WINDOW_SCRAPES * scrape  # as long as those of the others
    elif fired := [one for one in state_intervals(evidence, rule.name).firing if phase.start <= one.start <= phase.end]:
        # What only keeps firing is true no more.
        end = max(fired[0].start, min(phase.end, fired[0].end - seconds(rule.keep_firing_for or 0) / factor))
        true_from = fired[0].start - seconds(rule.for_) / factor
        # A sample bears the time when its scrape began: the last one may have come too late for the last evaluation.
        true_until = end - scrape if end - true_from > FEWEST_SCRAPES * scrape else end
    start = min(max(phase.start, end - window), end - FEWEST_SCRAPES * scrape)
    return Span(Interval(start, end), Interval(max(true_from, end - window), true_until))
