"""What the series of a rule did in a stretch of a run, as motions that virtual time can make last longer.

A counter goes on at its mean rate, per real second, for windows are stretched and rates are not. A gauge stays at its
mean; where the rule follows slopes or the clock, it goes on along its line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import promql_parser

from promdrill.alerts.states import Interval, state_intervals
from promdrill.durations import seconds
from promdrill.prove.case import quote
from promdrill.prove.errors import OutOfReachError
from promdrill.prove.series import Kind, Line, Motion, level
from promdrill.rules import promql
from promdrill.rules.compress import WINDOW_SCRAPES
from promdrill.rules.compressible import incompressible
from promdrill.rules.rulebook import ABOUT_ALERTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promdrill.evidence import Evidence
    from promdrill.evidence.prometheus_api import Series
    from promdrill.prove.series import Labels, Motions
    from promdrill.rules.rulefile import Rule

Points = tuple[tuple[float, float], ...]
# Functions that need more of a run than its means: each sample's own value, or how many there are.
SINGLE_SAMPLES = frozenset(
    {"changes", "resets", "idelta", "count_over_time", "sum_over_time", "min_over_time", "max_over_time"}
    | {"stddev_over_time", "stdvar_over_time", "quantile_over_time", "mad_over_time", "holt_winters"}
    | {"double_exponential_smoothing"}
)
CALENDAR = frozenset(
    {"minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year", "timestamp"}
)
SLOPES = frozenset({"deriv", "delta", "predict_linear"})
COUNTED = frozenset({"counter", "histogram", "summary"})
# No test lasts longer because of a literal than this many seconds, lest it has too many evaluations.
MOST_CLOCK = 2 * 86_400.0
# A gauge this near to the run's own time, in seconds, is a time.
TEN_YEARS = 10 * 365 * 86_400.0
# How Prometheus extrapolates: to the window's edge if it is no more than this many intervals away, else half of one.
NEAR = 1.1
FEWEST_SCRAPES = 4


@dataclass(frozen=True)
class Span:
    """A stretch of a run in epoch seconds: of counters, which are told by their growth, and of gauges, by levels."""

    counters: Interval
    gauges: Interval


def healthy_span(evidence: Evidence) -> Span:
    """Return the whole baseline."""
    baseline = Interval(evidence.baseline.start, evidence.baseline.end)
    return Span(baseline, baseline)


def fault_span(evidence: Evidence, rule: Rule, memory: float) -> Span:
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


@dataclass(frozen=True)
class Recording:
    """The series that an alert depends on, over a whole run; which functions it calls, and each metric's type.

    `apart` is how many seconds lie between two scrapes, `clock` how many it lets the clock run before it is true.
    """

    series: tuple[Series, ...]
    called: frozenset[str]
    kinds: Mapping[str, str]
    apart: float
    clock: float = 0.0

    def motions(self, span: Span, begins: float) -> Motions:
        """Return how each series moved in a stretch of the run, as from `begins` on in virtual time."""
        found: Motions = {}
        for series in self.series:
            counter = self.kinds.get(series.name) in COUNTED
            within = span.counters if counter else span.gauges
            points = tuple(point for point in series.points if within.start <= point[0] <= within.end)
            labels: Labels = frozenset({("__name__", series.name), *series.labels})
            if not points:
                continue
            points = self._with_before(series, points, within)
            found[labels] = (
                Motion(Kind.COUNTER, _rate(points, within)) if counter else self._gauge(series.name, points, begins)
            )
        return found

    def _with_before(self, series: Series, points: Points, within: Interval) -> Points:
        """Return points and the scrape before them: its level held until the first, and what grew since is theirs."""
        before = [point for point in series.points if within.start - NEAR * self.apart <= point[0] < within.start]
        return (*before[-1:], *points) if points[0][0] > within.start else points

    def _gauge(self, name: str, points: Points, begins: float) -> Motion:
        values = [value for _, value in points]
        mean = math.fsum(values) / len(values)
        if min(values) == max(values):
            mean = values[0]
        elif single := sorted(self.called & SINGLE_SAMPLES):
            raise OutOfReachError(f"{single[0]}() depends on single samples of {name}, but the record has their means")
        if "time" in self.called and abs(mean - points[-1][0]) < TEN_YEARS:
            return level(_time(points, begins))
        if "time" in self.called:
            raise OutOfReachError(f"it reads the clock (time()), and {name} is not a time that could move with it")
        slope = (values[-1] - values[0]) / (points[-1][0] - points[0][0]) if len(points) > 1 else 0.0
        return level(Line(values[0] - slope * begins, slope) if self.called & SLOPES else Line(mean))


def read_recording(evidence: Evidence, rule: Rule, feeding: Iterable[Rule]) -> Recording:
    """Return what a run recorded of the series that an alert and its recording rules select.

    Raises:
        OutOfReachError: what they read cannot be made to last longer.
    """
    rules = (rule, *feeding)
    nodes = [node for one in rules for node in promql.nodes(promql.parse(one.expr))]
    called = frozenset(node.func.name for node in nodes if isinstance(node, promql_parser.Call))
    if calendar := sorted(called & CALENDAR):
        raise OutOfReachError(f"it reads the calendar ({calendar[0]}()), which a run cannot lengthen")
    if counting := sorted(called & {"count_over_time", "sum_over_time"}):
        raise OutOfReachError(f"{counting[0]}() counts samples, and their number depends on the scrape interval")
    texts = dict.fromkeys(_texts(nodes, {one.record for one in rules}))
    series = {(one.name, one.labels): one for text in texts for one in evidence.history(text).series}
    kinds = {name: family.type for family in evidence.last_scrape.families.values() for name in _names(family.name)}
    clock = max(map(_clock_seconds, nodes), default=0.0) if "time" in called else 0.0
    if clock > MOST_CLOCK:
        raise OutOfReachError(f"its fault would have to last {clock:g} s, by the clock that it reads (time())")
    return Recording(tuple(series.values()), called, kinds, evidence.run.scrape_interval, clock)


def _texts(nodes: Iterable[promql_parser.Expr], written: set[str | None]) -> Iterator[str]:
    """Yield the selectors of raw series as text, without their ranges and offsets."""
    for node in nodes:
        if not isinstance(node, promql_parser.VectorSelector) or (name := promql.metric(node)) in written:
            continue
        if name in ABOUT_ALERTS:
            raise OutOfReachError(f"it reads {name}, which other alerts write")
        inner = ",".join(f"{one.label}{one.operator}{quote(one.value)}" for one in promql.matchers(node))
        yield f"{{{inner}}}"


def _clock_seconds(node: promql_parser.Expr) -> float:
    """Return the number of seconds that a comparison asks for, or 0."""
    return max(_number(node.lhs), _number(node.rhs)) if promql.is_comparison(node) else 0.0


def _number(node: promql_parser.Expr) -> float:
    """Return what a part without any series comes to: `24 * 3600`; 0 where it is none of numbers alone."""
    node = promql.unwrap(node)
    if isinstance(node, promql_parser.NumberLiteral):
        return node.val
    if isinstance(node, promql_parser.BinaryExpr):
        one, other = _number(node.lhs), _number(node.rhs)
        return {"*": one * other, "+": one + other}.get(str(node.op), 0.0)
    return 0.0


def _names(family: str) -> tuple[str, ...]:
    return (family, f"{family}_bucket", f"{family}_count", f"{family}_sum")


def _rate(points: Points, span: Interval) -> float:
    """Return how fast a counter grew, per second of a stretch: what rate() gives over it."""
    if len(points) == 1:
        return 0.0
    first, last = points[0][0], points[-1][0]
    start = min(span.start, first)
    growth = sum(after - before if after >= before else after for (_, before), (_, after) in pairwise(points))
    sampled = last - first
    apart = sampled / (len(points) - 1)
    edges = (gap if gap < NEAR * apart else apart / 2 for gap in (first - start, span.end - last))
    return growth * (sampled + sum(edges)) / sampled / (span.end - start)


def _time(points: Points, begins: float) -> Line:
    """Return a gauge that holds a time, by virtual time's clock: renewed, it keeps its age; if not, it grows old."""
    ages = [time - value for time, value in points]
    if points[0][1] == points[-1][1]:
        return Line(begins - ages[0])
    return Line(-math.fsum(ages) / len(ages), 1.0)
