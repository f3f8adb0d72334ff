from __future__ import annotations

from dataclasses import replace

import pytest

from promdrill.alerts.content import Defect
from promdrill.model import AlertLife, VirtualLife
from promdrill.prove.agreement import differences
from promdrill.rules.rulefile import Rule

RULE = Rule.model_validate({"file": "f", "group": "g", "alert": "High", "expr": "x > 1", "for": "5m"})
AT_ONCE = RULE.model_copy(update={"for_": "0s"})
VIRTUAL = VirtualLife((("inactive", 0.0), ("pending", 720.0), ("firing", 1020.0), ("resolved", 1800.0)), 660.0, 1500.0)
LIFE = AlertLife(
    "High",
    60.0,
    ("live", "virtual"),
    (("inactive", 0.0), ("pending", 7.0), ("firing", 12.0), ("resolved", 20.0)),
    {"firing": 12.5, "resolved": 20.5},
    "drill",
    virtual=VIRTUAL,
)
ALONE = replace(LIFE, proof=("virtual",), states=(("inactive", 0.0),), notified={})
WHOLE = ["inactive", "pending", "firing", "resolved"]
SEES = "the two proofs disagree: one of them misses a state"


@pytest.mark.parametrize(
    "life",
    [LIFE, ALONE, replace(LIFE, virtual=None), replace(LIFE, virtual=VirtualLife(unreached="it reads the calendar"))],
    ids=["both", "virtual alone", "not tried", "out of reach"],
)
def test_agrees(life: AlertLife) -> None:
    """The same states in the same order agree, whatever the clock; so does what was not tried."""
    assert list(differences(life, RULE)) == []


def test_at_once() -> None:
    """A rule without `for` is never pending, and nothing is missing then."""
    states = tuple(state for state in VIRTUAL.states if state[0] != "pending")
    assert list(differences(replace(ALONE, virtual=replace(VIRTUAL, states=states)), AT_ONCE)) == []


@pytest.mark.parametrize(
    ("life", "expected", "seen"),
    [
        (replace(LIFE, states=LIFE.states[:3]), WHOLE[:3], WHOLE),
        (replace(LIFE, virtual=replace(VIRTUAL, states=VIRTUAL.states[:3])), WHOLE, WHOLE[:3]),
        (replace(ALONE, virtual=replace(VIRTUAL, states=VIRTUAL.states[:3])), WHOLE, WHOLE[:3]),
    ],
    ids=["live lacks one", "virtual lacks one", "the rule implies one"],
)
def test_other_states(life: AlertLife, expected: list[str], seen: list[str]) -> None:
    """A state that only one proof went through is told, with both orders."""
    message = f"went through {', '.join(seen)} in virtual time, but {', '.join(expected)} live"
    assert next(differences(life, RULE)) == Defect(message, SEES, expected, seen)


def test_for_is_not_kept() -> None:
    """An alert that fires in virtual time before its `for` has passed differs from its rule."""
    states = (*VIRTUAL.states[:2], ("firing", 960.0), VIRTUAL.states[3])
    message = "fired after 4m of pending in virtual time; its `for` is 5m"
    [found] = differences(replace(LIFE, virtual=replace(VIRTUAL, states=states)), RULE)
    assert found == Defect(message, "check whether two rules have this name", 300.0, 240.0)


@pytest.mark.parametrize(
    ("life", "expected"), [(LIFE, "as it lived"), (ALONE, "as its rule says")], ids=["both", "virtual alone"]
)
def test_broken(life: AlertLife, expected: str) -> None:
    """What went otherwise in virtual time is the first to be told, with the tests that show it."""
    virtual = replace(VIRTUAL, broken="was firing on the recorded healthy load", tests=("High.test.yml",))
    remedy = (
        "compare it with the live proof: a second is the same in both, but longer windows count more;"
        " run High.test.yml in the evidence with promtool"
    )
    message = "behaved differently in virtual time: it was firing on the recorded healthy load"
    assert list(differences(replace(life, virtual=virtual), RULE)) == [
        Defect(message, remedy, expected, virtual.broken)
    ]
