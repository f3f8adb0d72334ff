from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.suppression import suppression
from promdrill.model import Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

Run = dict[str, Any]
INHIBITED = {"labels": {}, "state": "suppressed", "inhibited": ["Down"], "silenced": False}
SILENCED = {"labels": {}, "state": "suppressed", "inhibited": [], "silenced": True}
ACTIVE = {"labels": {}, "state": "active", "inhibited": [], "silenced": False}


def held(by: str | None, *seen: dict[str, Any]) -> dict[str, Any]:
    """Return what a run saves of an alert that was to be held back from 6 to 9."""
    return {"alert": "High", "phase": "fault", "by": by, "start": 6.0, "end": 9.0, "seen": seen}


def sent(at: float) -> dict[str, Any]:
    """Return a notification that the alert is firing."""
    one = {"status": "firing", "labels": {"alertname": "High"}}
    return {"receiver": "chat", "status": "firing", "received": at, "groupLabels": {}, "alerts": [one]}


def run(held: dict[str, Any], *notifications: dict[str, Any], firing: range = range(7, 12), **more: object) -> Run:
    """Return a run in which the alert fires at these seconds."""
    series = {'ALERTS{alertname="High",alertstate="firing"}': [1 if at in firing else None for at in range(21)]}
    return {"series": series if firing else {}, "held": [held], "notifications": notifications, **more}


RUNS = {
    "inhibited": run(held("Down", INHIBITED)),
    "silenced": run(held(None, SILENCED), sent(9.5)),
    "did not fire": run(held("Down"), firing=range(0)),
    "told all the same": run(held("Down", ACTIVE), sent(8.5)),
    "told in spite of the silence": run(held(None, ACTIVE), sent(8.5)),
    "inhibited by another": run(held("Down", {**INHIBITED, "inhibited": ["Other"]})),
    "unknown to Alertmanager": run(held("Down")),
    "one of two free": run(held(None, SILENCED, ACTIVE), sent(9.5)),
    "never told": run(held(None, SILENCED)),
    "short": run(held("Down"), short=True),
    "nothing": {"series": {}},
}

DOWN, SILENCE = "High inhibited by Down", "High silenced"
PASSED = {"firing": 7.0, "until": 9.0, "instances": 1}


def failed(subject: str, **evidence: object) -> Facts:
    """Return a failure."""
    return Facts("alert", subject, Status.FAILED, evidence, None)


FOUND = {
    "inhibited": [Facts("alert", DOWN, Status.PASSED, PASSED)],
    "silenced": [Facts("alert", SILENCE, Status.PASSED, PASSED)],
    "did not fire": [failed(DOWN, expected="firing", seen="silent")],
    "told all the same": [failed(DOWN, expected="no notification", seen="chat", firing=7.0)],
    "told in spite of the silence": [failed(SILENCE, expected="no notification", seen="chat", firing=7.0)],
    "inhibited by another": [failed(DOWN, expected="inhibited by Down", seen="suppressed", firing=7.0)],
    "unknown to Alertmanager": [failed(DOWN, expected="inhibited by Down", seen=None, firing=7.0)],
    "one of two free": [failed(SILENCE, expected="silenced", seen="active", firing=7.0)],
    "never told": [failed(SILENCE, expected="a notification", seen=None, **PASSED)],
    "short": [],
    "nothing": [],
}


@pytest.mark.parametrize("name", RUNS)
def test_suppression(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """What is held back fires, nobody is told meanwhile, and Alertmanager says why; anything else fails."""
    assert facts(suppression(evidence_of(name))) == FOUND[name]
