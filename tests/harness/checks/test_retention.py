from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.retention import retention
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf

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


def result(status: Status, **seen: str | None) -> Facts:
    """Return a result about the one promise, of a Prometheus that says the good words and these."""
    expected = {"flag": "28d", "kept": "28d", "default": "15d"}
    numbers = {"expected": expected, "seen": {**GOOD, **seen}}
    return Facts("retention", "Prometheus retention", status, numbers, Source("docs/shop.md", 5))


EXPECTED = {
    "good": result(Status.PASSED),
    "other words": result(Status.PASSED, flag="4w", kept="4w or 512MB", default="360h"),
    "no flag": result(Status.INCONCLUSIVE, flag="0s", kept="15d"),
    "not obeyed": result(Status.FAILED, kept="15d"),
    "by size only": result(Status.FAILED, kept="512MB"),
    "other default": result(Status.FAILED, default="30d"),
    "default not told": result(Status.FAILED, default=None),
}


@pytest.mark.parametrize("name", RUNS)
def test_retention(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """Prometheus obeys the documented flag, and keeps samples for the documented time without it."""
    assert facts(retention(evidence_of(name))) == [EXPECTED[name]]
