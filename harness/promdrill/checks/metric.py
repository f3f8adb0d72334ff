"""Every documented metric is exposed from the start with its type, its labels and no values beyond the documented."""

from __future__ import annotations

import difflib
import math
from itertools import product
from typing import TYPE_CHECKING

from promdrill.checks.registry import ResultsFor, check
from promdrill.contract.records import Metric
from promdrill.evidence.exposition import buckets
from promdrill.evidence.ledger import LabelSet, format_labels, label_set

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promdrill.contract.records import AnyMetric
    from promdrill.evidence import Evidence
    from promdrill.evidence.exposition import Family
    from promdrill.model import Result

SHOWN = 3


@check("metric")
def metric(evidence: Evidence) -> Iterator[Result]:
    """Name, type, labels, allowed values, number of series and bounds of buckets are as documented."""
    for name, promised in evidence.scenario.contract.metrics.items():
        claim = ResultsFor("metric", name, evidence.scenario.source(promised.source))
        families = evidence.last_scrape.families
        if name not in families:
            yield _absent(claim, families, {*families} - {*evidence.scenario.contract.metrics})
            continue
        broken = list(_defects(claim, promised, families[name], evidence.first_scrape.families.get(name)))
        yield from broken
        if not broken:
            series = len(families[name].label_sets())
            yield claim.passed(
                f"{name} is a {promised.type} with {series} documented series, all there from the start", series=series
            )


def _absent(claim: ResultsFor, families: Mapping[str, Family], undocumented: set[str]) -> Result:
    similar = difflib.get_close_matches(claim.subject, sorted(undocumented), n=1)
    hint = f"; {similar[0]} is exposed and undocumented: was it renamed?" if similar else ""
    return claim.failed(
        f"{claim.subject} is documented but was never exposed, among {len(families)} families{hint}",
        f"expose {claim.subject}, or correct the document",
        exposed=0,
    )


def _defects(claim: ResultsFor, promised: AnyMetric, last: Family, first: Family | None) -> Iterator[Result]:
    name = claim.subject
    if last.type != promised.type:
        yield claim.failed(
            f"{name} is exposed as {last.type}, documented as {promised.type}",
            f"expose it as a {promised.type}, with its TYPE line",
            expected=promised.type,
            seen=last.type,
        )
    if isinstance(promised, Metric) and promised.buckets:
        yield from _bounds(claim, promised.buckets, last)
    known = known_label_sets(promised)
    seen = last.label_sets()
    names = {tuple(label for label, _ in labels) for labels in seen} - {tuple(sorted(promised.labels))}
    if names:
        yield claim.failed(
            f"{name} has the labels ({', '.join(min(names))});"
            f" the documents say ({', '.join(sorted(promised.labels))})",
            "give every series exactly the documented labels",
            expected=sorted(promised.labels),
            seen=[list(found) for found in sorted(names)],
        )
    elif beyond := sorted(seen - known):
        yield claim.failed(
            f"{name} has {len(seen)} series where the documents allow {len(known)}; beyond them: {_some(beyond)}",
            "use the documented values only; an unbounded value as a label is a memory leak in Prometheus",
            expected=len(known),
            seen=len(seen),
        )
    elif gone := sorted(known - seen):
        yield claim.failed(
            f"{name} lost {len(gone)} of {len(known)} documented series by the end of the run: {_some(gone)}",
            "keep every series for as long as the process lives",
            expected=len(known),
            seen=len(known) - len(gone),
        )
    elif missing := sorted(known - (first.label_sets() if first else set())):
        yield claim.failed(
            f"{name} lacked {len(missing)} of {len(known)} documented series before its first event: {_some(missing)}",
            "initialise every known label set at 0: rate() and increase() do not see the first event of a new series",
            expected=len(known),
            seen=len(known) - len(missing),
        )


def _bounds(claim: ResultsFor, documented: tuple[float, ...], family: Family) -> Iterator[Result]:
    """Yield the first series whose finite buckets do not end where the documents say."""
    expected = sorted(documented)
    for labels in sorted(family.label_sets()):
        seen = [edge for edge, _ in buckets(family, labels) if not math.isinf(edge)]
        if seen != expected:
            yield claim.failed(
                f"{claim.subject}{format_labels(labels)} has buckets up to ({_format_edges(seen)}),"
                f" documented ({_format_edges(expected)})",
                "give the histogram the documented bounds: a quantile is no finer than the buckets that it falls into",
                expected=expected,
                seen=seen,
            )
            return


def _format_edges(edges: list[float]) -> str:
    return ", ".join(f"{edge:g}" for edge in edges)


def known_label_sets(promised: AnyMetric) -> set[LabelSet]:
    """Return every label set that the documents allow."""
    return {label_set(dict(zip(promised.labels, values, strict=True))) for values in product(*promised.labels.values())}


def _some(labels: list[LabelSet]) -> str:
    more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
    return ", ".join(format_labels(one) or "the series without labels" for one in labels[:SHOWN]) + more
