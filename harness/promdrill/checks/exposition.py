"""The metrics endpoint answers in Prometheus text format, and with documented metrics only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promdrill.checks.registry import ResultsFor, check

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from promdrill.contract import Contract
    from promdrill.evidence import Evidence
    from promdrill.evidence.exposition import Exposition, Family
    from promdrill.model import Result

# What OpenTelemetry's exporter adds: its own metric, and a label of every series that an instrumentation made.
TARGET_INFO, SCOPE = "target_info", "otel_scope_name"
NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


@check("exposition")
def exposition(evidence: Evidence) -> Iterator[Result]:
    """Every line parses, no series stands twice, every family has HELP and TYPE and is documented."""
    found = False
    for result in _problems(evidence, evidence.last_scrape):
        found = True
        yield result
    if not found:
        series = sum(len(family.samples) for family in evidence.last_scrape.families.values())
        yield ResultsFor("exposition", "GET /metrics").passed(
            f"{series} series of {len(evidence.last_scrape.families)} documented families, all well formed",
            series=series,
        )


def _is_documented(family: Family, contract: Contract) -> bool:
    """Tell whether documents promise a family: by name, or as one of the auto-instrumentation that they promise."""
    name = family.name
    automatic = {otel.metric for otel in contract.otel}
    if name in contract.metrics or name in automatic or _is_creation_time(name, contract.metrics):
        return True
    return bool(automatic) and (name == TARGET_INFO or all(SCOPE in dict(one.labels) for one in family.samples))


def _is_creation_time(name: str, documented: Container[str]) -> bool:
    """Tell whether a series is the creation time that client libraries expose beside a counter or a histogram."""
    base = name.removesuffix("_created")
    return base != name and (base in documented or f"{base}_total" in documented)


def _problems(evidence: Evidence, scrape: Exposition) -> Iterator[Result]:
    for number, line, what in scrape.problems:
        name = NAME.match(line)
        yield ResultsFor("exposition", name[0] if name else "GET /metrics").failed(
            f"line {number} of the metrics endpoint, {line!r}: {what}",
            "write the exposition with a client library; Prometheus drops the whole scrape for one bad line",
            line=number,
            text=line,
        )
    for family in scrape.families.values():
        claim = ResultsFor("exposition", family.name)
        if not _is_documented(family, evidence.scenario.contract):
            yield claim.failed(
                f"{family.name} is exposed and not documented",
                "document it with its meaning, or stop exposing it",
                series=len(family.samples),
            )
            continue
        missing = [
            word for word, text in (("HELP", family.help), ("TYPE", family.type.replace("untyped", ""))) if not text
        ]
        if missing:
            yield claim.failed(
                f"{family.name} has no {' and no '.join(missing)} line",
                "give the metric a help text and expose it with its type",
                missing=missing,
            )
