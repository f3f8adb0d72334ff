from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from promdrill.checks.security import security
from promdrill.model import Result, Source, Status

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


def result(status: Status, message: str, remedy: str = "", **evidence: object) -> Result:
    """Return a result about the one endpoint, locked, two scrapes of which succeeded."""
    numbers = {"statuses": LOCKED, "scrapes": 2, "good": 2, **evidence}
    source = Source("docs/shop.md", 4)
    return Result("security", "authentication on /metrics", status, message, numbers, source, remedy)


COMPARE = "compare the bearer token before anything is collected, and answer 401 where it is missing or wrong"
EXPECTED = {
    "good": result(
        Status.PASSED,
        "GET /metrics answers 401 without the token and with a wrong one, 200 with it; 2 of 3 scrapes succeeded",
        scrapes=3,
    ),
    "open": result(
        Status.FAILED,
        "GET /metrics: without a token it answers 200, not 401; with a wrong one it answers 200, not 401",
        COMPARE,
        statuses={"nothing": 200, "wrong": 200, "right": 200},
    ),
    "any token": result(
        Status.FAILED,
        "GET /metrics: with a wrong one it answers 200, not 401",
        COMPARE,
        statuses={**LOCKED, "wrong": 200},
    ),
    "nobody let in": result(
        Status.FAILED,
        "GET /metrics: with the right one it answers 401, not 200",
        COMPARE,
        statuses={**LOCKED, "right": 401},
        good=0,
    ),
    "no answer": result(
        Status.FAILED,
        "GET /metrics: without a token it answers nothing, not 401",
        COMPARE,
        statuses={**LOCKED, "nothing": None},
    ),
    "Prometheus locked out": result(
        Status.FAILED,
        "GET /metrics asks for the token, and none of Prometheus' 2 scrapes succeeded",
        "give the job of the app the token, by `authorization` in Prometheus' configuration",
        good=0,
    ),
    "not asked": result(
        Status.FAILED,
        "GET /metrics: without a token it answers nothing, not 401; with a wrong one it answers nothing, not 401;"
        " with the right one it answers nothing, not 200",
        COMPARE,
        statuses=dict.fromkeys(LOCKED),
    ),
    "no token": result(
        Status.INCONCLUSIVE,
        "the drill has no token: nobody could be let in by it",
        "set app.token in drill.yml, and give it to the app by the placeholder {token}",
        statuses={**LOCKED, "right": None},
        good=0,
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_security(evidence_of: Callable[[str], Evidence], name: str) -> None:
    """Only the right token opens the endpoint, and Prometheus has it."""
    assert list(security(evidence_of(name))) == [EXPECTED[name]]
