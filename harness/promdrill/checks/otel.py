"""What OpenTelemetry measured by itself agrees with the clients: how many requests, of which kind, and how long."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from promdrill.checks.histogram import Seen, contradiction, increases_of
from promdrill.checks.registry import ResultsFor, check
from promdrill.evidence.ledger import Observation, format_labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promdrill.contract.records import Otel
    from promdrill.evidence import Evidence
    from promdrill.evidence.ledger import LabelSet
    from promdrill.model import Result

REAL_TIME = 1.0  # the instrumentation knows nothing of the app's own clock
UNITS = {1.0: " s", 1000.0: " ms"}


@check("otel")
def otel(evidence: Evidence) -> Iterator[Result]:
    """For each label set the count is exact, and buckets and sum lie between what was served and what was waited."""
    for promised in evidence.scenario.contract.otel:
        claim = ResultsFor("otel", promised.subject, evidence.scenario.source(promised.source))
        yield _judge(claim, promised, evidence)


def _judge(claim: ResultsFor, promised: Otel, evidence: Evidence) -> Result:
    name, witness = promised.metric, promised.witness
    series = increases_of(evidence, name)
    if not series:
        return claim.failed(
            f"{claim.subject}: Prometheus has no histogram {name}",
            "instrument the app, and give the meter provider a Prometheus reader on the scraped endpoint",
            metric=name,
            prometheus=None,
        )
    named = {*witness.by, *witness.fixed}
    constant, varying = _extra_labels(series, named)
    if varying:
        return claim.failed(
            f"{name} has the label {varying}, which the contract does not name, with more than one value",
            "name it in the witness; without it several series count as one",
            label=varying,
            named=sorted(named),
        )
    seen = {_without(labels, constant): one for labels, one in series.items()}
    truth = _truth(promised, evidence)
    numbers = {
        "metric": name,
        "client": sum(map(len, truth.values())),
        "prometheus": sum(one.count for one in seen.values()),
        "ignored": sorted(constant),
    }
    for labels in sorted({*truth, *seen}):
        error = contradiction(
            seen.get(labels, Seen(0, 0, ())), truth.get(labels, []), UNITS.get(promised.per_second, "")
        )
        if error:
            what, more = error
            return claim.failed(
                f"{name}{format_labels(labels)}: {what}",
                "instrument every route once, outside all other middleware, and exclude the scrapes",
                labels=dict(labels),
                **numbers,
                **more,
            )
    wanted = promised.exceptions.items()
    raised = sum(len(rows) for labels, rows in truth.items() if wanted <= dict(labels).items())
    if not truth or (wanted and not raised):
        what = "no unhandled exception occurred" if truth else "no client sent a request"
        return claim.inconclusive(f"{name}: {what} in this run", "make the users of the scenario cause it", **numbers)
    told = f", {raised} unhandled exceptions among them" if wanted else ""
    return claim.passed(
        f"{name}: {numbers['client']} requests, as in the client ledger{told}", raised=raised, **numbers
    )


def _truth(promised: Otel, evidence: Evidence) -> dict[LabelSet, list[Observation]]:
    """Return the bounds of each duration in the metric's unit, by label set.

    An empty label is none, as in Prometheus. The SDK counts a unit below the second in whole numbers, and rounding
    keeps the order of what it rounds: so are the bounds.
    """
    bounds: dict[LabelSet, list[Observation]] = defaultdict(list)
    for labels, rows in evidence.ledgers.observations(promised.witness, REAL_TIME).items():
        bounds[tuple(pair for pair in labels if pair[1])] += [
            Observation(_round_count(row.served, promised.per_second), _round_count(row.waited, promised.per_second))
            for row in rows
        ]
    return bounds


def _round_count(seconds: float, per_second: float) -> float:
    value = seconds * per_second
    return round(value) if per_second > 1 and math.isfinite(value) else value


def _extra_labels(series: Mapping[LabelSet, Seen], named: set[str]) -> tuple[set[str], str | None]:
    """Return the labels beyond those named that have one value all over, and the first that has several, if any."""
    values: dict[str, set[str | None]] = defaultdict(set)
    for name in {name for labels in series for name, _ in labels} - named:
        values[name] = {dict(labels).get(name) for labels in series}
    return {name for name, found in values.items() if len(found) == 1}, min(
        (name for name, found in values.items() if len(found) > 1), default=None
    )


def _without(labels: LabelSet, names: set[str]) -> LabelSet:
    return tuple(pair for pair in labels if pair[0] not in names)
