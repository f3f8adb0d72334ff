from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.security import security
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

CONTRACT = {"security": [{"subject": "authentication on /metrics", "endpoint": "GET /metrics", "source": "doc:4"}]}
DRILL = {"app": {"command": ["python"], "port": 8000, "token": "drill-token"}}
LOCKED = {"nothing": 401, "wrong": 401, "right": 200}


def run(statuses: dict[str, int | None], up: list[int]) -> dict[str, Any]:
    """Return a run whose endpoint answered so, and whose scrapes succeeded so."""
    return {"drill": DRILL, "access": {"GET /metrics": statuses}, "series": {"up": up}}


RUNS: dict[str, dict[str, Any]] = {
    "good": run(LOCKED, [0, 1, 1]),
    "open": run({"nothing": 200, "wrong": 200, "right": 200}, [1, 1]),
    "any token": run({**LOCKED, "wrong": 200}, [1, 1]),
    "nobody let in": run({**LOCKED, "right": 401}, [0, 0]),
    "no answer": run({**LOCKED, "nothing": None}, [1, 1]),
    "Prometheus locked out": run(LOCKED, [0, 0]),
    "not asked": {**run(LOCKED, [1, 1]), "access": {}},
    "no token": {**run({"nothing": 401, "wrong": 401}, [0, 0]), "drill": {}},
}


def result(status: Status, **evidence: object) -> Facts:
    """Return a result about the one endpoint, locked, two scrapes of which succeeded."""
    numbers = {"statuses": LOCKED, "scrapes": 2, "good": 2, **evidence}
    source = Source("docs/shop.md", 4)
    return Facts("security", "authentication on /metrics", status, numbers, source)


EXPECTED = {
    "good": result(Status.PASSED, scrapes=3),
    "open": result(Status.FAILED, statuses={"nothing": 200, "wrong": 200, "right": 200}),
    "any token": result(Status.FAILED, statuses={**LOCKED, "wrong": 200}),
    "nobody let in": result(Status.FAILED, statuses={**LOCKED, "right": 401}, good=0),
    "no answer": result(Status.FAILED, statuses={**LOCKED, "nothing": None}),
    "Prometheus locked out": result(Status.FAILED, good=0),
    "not asked": result(Status.FAILED, statuses=dict.fromkeys(LOCKED)),
    "no token": result(Status.INCONCLUSIVE, statuses={**LOCKED, "right": None}, good=0),
}


@pytest.mark.parametrize("name", RUNS)
def test_security(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """Only the right token opens the endpoint, and Prometheus has it."""
    assert facts(security(evidence_of(name))) == [EXPECTED[name]]
