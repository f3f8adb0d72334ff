"""Prometheus keeps samples as long as documented: by default, and with its flag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.checks.registry import ResultsFor, check
from promdrill.durations import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.evidence import Evidence
    from promdrill.model import Result


@check("retention")
def retention(evidence: Evidence) -> Iterator[Result]:
    """The run's Prometheus was given the documented flag and obeys it; one without it keeps the documented default."""
    for promised in evidence.scenario.contract.retention:
        claim = ResultsFor("retention", promised.subject, evidence.scenario.source(promised.source))
        seen = evidence.retention
        wanted = {"flag": promised.flag, "kept": promised.flag, "default": promised.default}
        numbers = {"expected": wanted, "seen": dict(seen)}
        if not _same(seen["flag"], promised.flag):
            yield claim.inconclusive(
                f"Prometheus ran with a retention of {seen['flag']}, not with the documented {promised.flag}",
                f"set prometheus.retention to {promised.flag} in drill.yml",
                **numbers,
            )
        elif not _same(seen["kept"], promised.flag):
            yield claim.failed(
                f"with the flag {promised.flag}, Prometheus keeps samples for {seen['kept']}",
                "check whether its configuration file, or a limit of size, overrides the flag",
                **numbers,
            )
        elif not _same(seen["default"], promised.default):
            yield claim.failed(
                f"without the flag Prometheus keeps samples for {seen['default']};"
                f" the documents say {promised.default}",
                "document what this version does, or always set the flag",
                **numbers,
            )
        else:
            yield claim.passed(
                f"Prometheus keeps samples for {seen['default']} by default, and for {seen['kept']} with the flag",
                **numbers,
            )


def _same(said: str | None, documented: str) -> bool:
    """Tell whether Prometheus' words for a duration, which may end in a limit of size, mean the documented one."""
    try:
        return said is not None and seconds(said.partition(" or ")[0]) == seconds(documented)
    except ValueError:
        return False
