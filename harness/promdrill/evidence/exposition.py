"""One scrape of a metrics endpoint as records: families, samples, and what is wrong with the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from promdrill.evidence.ledger import LabelSet, format_labels, label_set

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of an exposition."""

    name: str
    labels: LabelSet
    value: float


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its type, its help and its samples."""

    name: str
    type: str
    help: str
    samples: tuple[Sample, ...]

    def label_sets(self) -> set[LabelSet]:
        """Return the label sets of the series, `le` and `quantile` left out."""
        return {tuple(pair for pair in sample.labels if pair[0] not in {"le", "quantile"}) for sample in self.samples}


@dataclass(frozen=True)
class Exposition:
    """One answer of a metrics endpoint. `problems` holds (line number, line, what is wrong)."""

    status: int
    content_type: str
    text: str
    families: Mapping[str, Family]
    problems: tuple[tuple[int, str, str], ...]


def parse(status: int, content_type: str, text: str) -> Exposition:
    """Return an exposition; malformed and duplicate lines are problems of it, and the rest is still read."""
    problems: list[tuple[int, str, str]] = []
    good: list[str] = []
    seen: dict[tuple[str, LabelSet], int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        try:
            samples = _samples(line)
        except (ValueError, IndexError, KeyError) as error:
            problems.append((number, line, f"not Prometheus text format: {error or 'words are missing'}"))
            continue
        good.append(line)
        for sample in samples:
            first = seen.setdefault((sample.name, sample.labels), number)
            if first != number:
                problems.append(
                    (number, line, f"{sample.name}{format_labels(sample.labels)} is already on line {first}")
                )
    return Exposition(status, content_type, text, _families(good, {name for name, _ in seen}), tuple(problems))


def _samples(line: str) -> list[Sample]:
    return [
        Sample(sample.name, label_set(sample.labels), sample.value)
        for family in text_string_to_metric_families(line + "\n")
        for sample in family.samples
    ]


def _families(lines: Iterable[str], exposed: set[str]) -> dict[str, Family]:
    families = {}
    for family in text_string_to_metric_families("\n".join(lines) + "\n"):
        # The parser names counters and their samples as OpenMetrics does; we want the name that stands in the text.
        munged = family.type == "counter" and family.name not in exposed
        name = f"{family.name}_total" if munged else family.name
        samples = tuple(
            Sample(name if family.type == "counter" else one.name, label_set(one.labels), one.value)
            for one in family.samples
        )
        families[name] = Family(
            name, "untyped" if family.type == "unknown" else family.type, family.documentation, samples
        )
    return families


def buckets(family: Family, labels: LabelSet) -> list[tuple[float, float]]:
    """Return the cumulative buckets of one histogram series as (upper bound in seconds, count), in order."""
    found = []
    for sample in family.samples:
        if sample.name == f"{family.name}_bucket":
            others = tuple(pair for pair in sample.labels if pair[0] != "le")
            if others == labels:
                found.append((float(dict(sample.labels)["le"].replace("+Inf", "inf")), sample.value))
    return sorted(found)
