from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from promdrill.checks.retention import retention
from promdrill.model import Result, Source, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

CONTRACT = {"retention": [{"subject": "Prometheus retention", "default": "15d", "flag": "28d", "source": "doc:5"}]}
GOOD = {"flag": "28d", "kept": "28d", "default": "15d"}
RUNS: dict[str, dict[str, Any]] = {
    "good": {"retention": GOOD},
    "other words": {"retention": {"flag": "4w", "kept": "4w or 512MB", "default": "360h"}},
    "no flag": {"retention": {**GOOD, "flag": "0s", "kept": "15d"}},
    "not obeyed": {"retention": {**GOOD, "kept": "15d"}},
    "by size only": {"retention": {**GOOD, "kept": "512MB"}},
    "other default": {"retention": {**GOOD, "default": "30d"}},
    "default not told": {"retention": {**GOOD, "default": None}},
}


def result(status: Status, message: str, remedy: str = "", **seen: str | None) -> Result:
    """Return a result about the one promise, of a Prometheus that says the good words and these."""
    expected = {"flag": "28d", "kept": "28d", "default": "15d"}
    numbers = {"expected": expected, "seen": {**GOOD, **seen}}
    return Result("retention", "Prometheus retention", status, message, numbers, Source("docs/shop.md", 5), remedy)


OVERRIDES = "look whether its configuration file, or a limit of size, overrides the flag"
VERSION = "document what this version does, or always set the flag"
EXPECTED = {
    "good": result(Status.PASSED, "Prometheus keeps samples for 15d by default, and for 28d when told to"),
    "other words": result(
        Status.PASSED,
        "Prometheus keeps samples for 360h by default, and for 4w or 512MB when told to",
        flag="4w",
        kept="4w or 512MB",
        default="360h",
    ),
    "no flag": result(
        Status.INCONCLUSIVE,
        "Prometheus ran with a retention of 0s, not with the documented 28d",
        "set prometheus.retention to 28d in drill.yml",
        flag="0s",
        kept="15d",
    ),
    "not obeyed": result(
        Status.FAILED,
        "told to keep samples for 28d, Prometheus says that it keeps them for 15d",
        OVERRIDES,
        kept="15d",
    ),
    "by size only": result(
        Status.FAILED,
        "told to keep samples for 28d, Prometheus says that it keeps them for 512MB",
        OVERRIDES,
        kept="512MB",
    ),
    "other default": result(
        Status.FAILED,
        "without the flag Prometheus keeps samples for 30d, documented is 15d",
        VERSION,
        default="30d",
    ),
    "default not told": result(
        Status.FAILED,
        "without the flag Prometheus keeps samples for None, documented is 15d",
        VERSION,
        default=None,
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_retention(evidence_of: Callable[[str], Evidence], name: str) -> None:
    """Prometheus obeys the documented flag, and keeps samples for the documented time without it."""
    assert list(retention(evidence_of(name))) == [EXPECTED[name]]
