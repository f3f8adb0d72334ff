"""A gauge follows what it counts: at every scrape between its two witnesses, and after the drain back where it was."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from promdrill.checks.metric import known_label_sets
from promdrill.checks.registry import ResultsFor, check
from promdrill.contract.records import Gauge
from promdrill.evidence.increase import own_labels, target_of
from promdrill.evidence.ledger import format_labels
from promdrill.evidence.live import liveness

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promdrill.contract.records import Bounds
    from promdrill.evidence import Evidence
    from promdrill.evidence.exposition import Exposition
    from promdrill.evidence.ledger import LabelSet
    from promdrill.model import Result

# Prometheus sets a scrape's time to its plan if it began no more than 2 ms later, and writes it in whole milliseconds:
# it began up to this many seconds after its time.
ALIGNED = 0.003

FOLLOW = "increase it where the operation begins, and decrease it in a `finally`, for failures and disconnects too"

Numbers = dict[str, float]


class Scrape(NamedTuple):
    """One scrape of a gauge: when, in epoch seconds, its values by label set, and what they are at least and most."""

    time: float
    values: Mapping[LabelSet, float]
    least: Mapping[LabelSet, float]
    most: Mapping[LabelSet, float]

    def untrue(self, known: set[LabelSet]) -> LabelSet | None:
        """Return the first label set whose value cannot be, or None; one that is absent is 0."""
        for labels in sorted({*known, *self.values, *self.least, *self.most}):
            if not self.least.get(labels, 0) <= self.values.get(labels, 0) <= self.most.get(labels, 0):
                return labels
        return None


@check("gauge")
def gauge(evidence: Evidence) -> Iterator[Result]:
    """Every scrape lies between the rows live all through it and those live at any moment of it, until the drain."""
    for name, promised in evidence.scenario.contract.metrics.items():
        if isinstance(promised, Gauge):
            claim = ResultsFor("gauge", name, evidence.scenario.source(promised.source))
            witness = promised.witness
            yield _judge(claim, promised, witness, evidence) if witness else claim.unwitnessed()


def _judge(claim: ResultsFor, promised: Gauge, witness: Bounds, evidence: Evidence) -> Result:
    name = claim.subject
    scrapes = _scrapes(name, witness, evidence)
    if not scrapes:
        return claim.failed(
            f"{name}: Prometheus has no sample of it",
            f"expose {name}; if the scrape failed, fix the scrape first",
            scrapes=0,
        )
    held = [sum(scrape.least.values()) for scrape in scrapes]
    numbers: Numbers = {
        "scrapes": len(scrapes),
        "highest": max(sum(scrape.values.values()) for scrape in scrapes),
        "surely_live": max(held),
    }
    wrong = (
        _untrue(claim, scrapes, known_label_sets(promised), evidence.start, numbers)
        or (promised.returns and _remainder(claim, evidence, numbers))
        or (promised.reaches and _missing_concurrency(claim, promised.reaches, scrapes, numbers))
    )
    if wrong:
        return wrong
    if max(held) <= held[0]:
        return claim.inconclusive(
            f"{name}: nothing was live during a whole scrape, so a gauge that is always 0 would pass too",
            "use more concurrent users, or operations longer than the scrape interval",
            **numbers,
        )
    back = ", and is back at its first value" if promised.returns else ""
    return claim.passed(
        f"{name} lay between its witnesses at all {len(scrapes)} scrapes, {numbers['highest']:g} at most{back}",
        **numbers,
    )


def _untrue(
    claim: ResultsFor, scrapes: list[Scrape], known: set[LabelSet], start: float, numbers: Numbers
) -> Result | None:
    """Return the first value that its scrape's witnesses contradict, if there is one."""
    untrue = [(scrape, labels) for scrape in scrapes if (labels := scrape.untrue(known)) is not None]
    if not untrue:
        return None
    scrape, labels = untrue[0]
    least, most, seen = (bound.get(labels, 0) for bound in (scrape.least, scrape.most, scrape.values))
    at = round(scrape.time - start, 3)
    return claim.failed(
        f"{claim.subject}{format_labels(labels)} was {seen:g} at {at:.1f} s, where {least:g} to {most:g} were live;"
        f" wrong at {len(untrue)} of {len(scrapes)} scrapes",
        FOLLOW,
        labels=dict(labels),
        expected=least,
        expected_most=most,
        seen=seen,
        at=at,
        wrong=len(untrue),
        **numbers,
    )


def _remainder(claim: ResultsFor, evidence: Evidence, numbers: Numbers) -> Result | None:
    """Return the first series that the drain did not bring back to where it was before the load, if there is one."""
    before, after = (_values(claim.subject, one) for one in (evidence.first_scrape, evidence.last_scrape))
    for labels in sorted({*before, *after}):
        was, left = before.get(labels, 0), after.get(labels, 0)
        if was != left:
            return claim.failed(
                f"{claim.subject}{format_labels(labels)} was {was:g} before the load and {left:g} after the drain",
                FOLLOW,
                expected=was,
                seen=left,
                **numbers,
            )
    return None


def _missing_concurrency(claim: ResultsFor, wanted: int, scrapes: list[Scrape], numbers: Numbers) -> Result | None:
    """Return that the gauge stayed below the concurrency that the load has, or that the load did not have it."""
    if numbers["highest"] >= wanted:
        return None
    possible = max(sum(scrape.most.values()) for scrape in scrapes)
    if possible < wanted:
        return claim.inconclusive(
            f"{claim.subject}: the load never had {wanted} at once, but {possible:g} at most",
            "use more concurrent users, or longer waits",
            expected=wanted,
            seen=possible,
            **numbers,
        )
    return claim.failed(
        f"{claim.subject} never rose above {numbers['highest']:g}, but the load had {wanted} at once",
        "let the app take the next one while one waits: a call that blocks its event loop makes all others wait",
        expected=wanted,
        seen=numbers["highest"],
        **numbers,
    )


def _scrapes(name: str, witness: Bounds, evidence: Evidence) -> list[Scrape]:
    """Return every scrape that has the gauge, in order; one whose duration is not known took its whole interval."""
    live = liveness(evidence.ledgers, witness, evidence.scenario.drill.app.calendar_rate)
    lasted = {
        (target_of(series.labels), time): duration
        for series in evidence.history("scrape_duration_seconds").series
        for time, duration in series.points
    }
    values: dict[tuple[LabelSet, float], dict[LabelSet, float]] = defaultdict(dict)
    for series in evidence.history(name).series:
        for time, value in series.points:
            values[target_of(series.labels), time][own_labels(series.labels)] = value
    scrapes = []
    for (target, time), there in sorted(values.items(), key=lambda one: one[0][1]):
        start = time - evidence.run.monotonic_offset
        end = start + lasted.get((target, time), evidence.run.scrape_interval) + ALIGNED
        scrapes.append(Scrape(time, there, live.at_least(start, end), live.at_most(start, end)))
    return scrapes


def _values(name: str, exposition: Exposition) -> dict[LabelSet, float]:
    family = exposition.families.get(name)
    return {sample.labels: sample.value for sample in family.samples} if family else {}
