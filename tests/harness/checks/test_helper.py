from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.helper import effect_differs, helper
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

CONTRACT = {
    "helpers": {
        "module": "shop.metrics",
        "registry": "REGISTRY",
        "interface": {
            "Calls.record": {
                "parameters": ["model", "duration"],
                "call": {"model": "a", "duration": 0.5},
                "effect": {'calls_total{model="a"}': 1, 'call_seconds_sum{model="a"}': 0.5},
                "source": "doc:6",
            }
        },
    }
}
EFFECT = {'calls_total{model="a"}': 1.0, 'call_seconds_sum{model="a"}': 0.5, 'call_seconds_bucket{le="1.0"}': 1.0}


def answered(*parameters: str, **effect: float) -> dict[str, Any]:
    """Return a run in which the helper was called."""
    return {"helpers": {"Calls.record": {"parameters": parameters, "effect": {**EFFECT, **effect}}}}


RUNS: dict[str, dict[str, Any]] = {
    "as documented": answered("model", "duration", "extra"),
    "raised": {"helpers": {"Calls.record": {"error": "TypeError: no"}}},
    "never called": {},
    "other parameters": answered("duration", "model"),
    "counts too much": answered("model", "duration", other_total=1.0),
}


def result(status: Status, **evidence: object) -> Facts:
    """Return a result about the one helper."""
    return Facts("helper", "Calls.record", status, evidence, Source("docs/shop.md", 6))


EXPECTED = {
    "as documented": result(Status.PASSED, effect=EFFECT),
    "raised": result(Status.FAILED),
    "never called": result(Status.FAILED),
    "other parameters": result(Status.FAILED, expected=["model", "duration"], seen=["duration", "model"]),
    "counts too much": result(Status.FAILED, effect={**EFFECT, "other_total": 1.0}),
}


@pytest.mark.parametrize("name", RUNS)
def test_helper(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """A helper takes the documented parameters, first and in order, and moves just the documented series."""
    assert facts(helper(evidence_of(name))) == [EXPECTED[name]]


def test_spelling_of_labels_does_not_matter() -> None:
    """Two spellings of one series are the same: order of labels, blanks."""
    assert effect_differs({'x{a="1", b="2"}': 1}, {'x{b="2",a="1"}': 1}) == ""


def test_sum_of_a_timer_is_its_own() -> None:
    """The sum of a timer is the duration of the call, which no document knows."""
    assert effect_differs({"x_count": 1, "x_sum": 0.01}, {"x_count": 1}, timed=True) == ""
    assert effect_differs({"x_count": 1, "x_sum": 0.01}, {"x_count": 1}) == "x_sum expected +0, seen +0.01"
