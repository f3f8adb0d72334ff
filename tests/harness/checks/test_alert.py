from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.alert import alert, lives
from harness.model import AlertLife, Result, Source, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.evidence import Evidence

SUMMARY = "High error rate: {{ $value | humanizePercentage }} of calls"
CONTRACT = {
    "alerts": {
        "High": {
            "expr": "failures_total > 1",
            "for": "2m",
            "severity": "warning",
            "annotations": {"summary": SUMMARY},
            "phase": "fault",
            "receiver": "drill",
            "source": "doc:9",
        }
    }
}
RULES = [{"alert": "High", "expr": "failures_total > 1", "for": "2m"}, {"alert": "Other", "expr": "vector(1)"}]
SECONDS = 21


def states(pending: range = range(7, 9), firing: range = range(9, 13), name: str = "High") -> dict[str, Any]:
    """Return ALERTS as Prometheus writes it, in these states at these seconds; the fault is on from 6 to 10."""
    return {
        f'ALERTS{{alertname="{name}",alertstate="{state}",model="a"}}': [
            1 if second in when else None for second in range(SECONDS)
        ]
        for state, when in (("pending", pending), ("firing", firing))
        if when
    }


def notification(status: str, received: float, **changed: object) -> dict[str, Any]:
    """Return what Alertmanager posts for a group of one alert."""
    labels = {"alertname": "High", "severity": "warning", "model": "a"}
    one = {"status": status, "labels": labels, "annotations": {"summary": "High error rate: 50% of calls"}, **changed}
    return {
        "receiver": changed.get("receiver", "drill"),
        "status": status,
        "groupLabels": {"alertname": "High"},
        "alerts": [one],
        "received": received,
    }


def run(
    series: dict[str, Any], *notifications: dict[str, Any], factors: dict[str, float] | None = None, **more: object
) -> dict[str, Any]:
    """Return a run in which one real second is a minute."""
    sent = notifications or (notification("firing", 9.5), notification("resolved", 14.5))
    return {"series": series, "notifications": sent, "rules": RULES, "factors": factors or {"High": 60}, **more}


RESOLVED = notification("resolved", 14.5)
SILENT = {"up": [1] * SECONDS}
RUNS: dict[str, dict[str, Any]] = {
    "whole life": run(states()),
    "early": run(states(pending=range(5, 9))),
    "silent": run(SILENT),
    "pending only": run(states(firing=range(0))),
    "at once": run(states(pending=range(0), firing=range(7, 13)), factors={"High": 24}),
    "not notified": run(states(), RESOLVED),
    "other receiver": run(states(), notification("firing", 9.5, receiver="night"), RESOLVED),
    "other severity": run(
        states(), notification("firing", 9.5, labels={"alertname": "High", "severity": "critical"}), RESOLVED
    ),
    "unrendered": run(
        states(), notification("firing", 9.5, annotations={"summary": "High error rate: <no value> of calls"}), RESOLVED
    ),
    "other text": run(states(), notification("firing", 9.5, annotations={"summary": "Errors: 50%"}), RESOLVED),
    "goes on": run(states(firing=range(9, 21))),
    "resolve not told": run(states(), notification("firing", 9.5)),
    "another fires": run({**states(), **states(range(0), range(4, 6), "Other")}),
    "short": run(SILENT, short=True),
}
LIFE = {
    "states": [["inactive", 0.0], ["pending", 7.0], ["firing", 9.0], ["resolved", 13.0]],
    "notified": {"firing": 9.5, "resolved": 14.5},
}
ROUTE = "look at the route in alertmanager.yml"


def result(status: Status, message: str, remedy: str = "", **evidence: object) -> Result:
    """Return a result about the documented alert."""
    return Result("alert", "High", status, message, {**LIFE, **evidence}, Source("docs/shop.md", 9), remedy)


PASSED = result(
    Status.PASSED,
    "inactive at 0.0 s; pending at 7.0 s; firing at 9.0 s; resolved at 13.0 s;"
    " notified of firing at 9.5 s, resolved at 14.5 s",
)


def test_whole_life(evidence_of: Callable[[str], Evidence]) -> None:
    """An alert that lives its whole life, and alone, passes."""
    assert list(alert(evidence_of("whole life"))) == [PASSED]


def test_life(evidence_of: Callable[[str], Evidence]) -> None:
    """The life of each documented alert is told in seconds of the drill."""
    assert lives(evidence_of("whole life")) == (
        AlertLife(
            "High",
            60,
            ("live",),
            (("inactive", 0.0), ("pending", 7.0), ("firing", 9.0), ("resolved", 13.0)),
            {"firing": 9.5, "resolved": 14.5},
            "drill",
        ),
    )


@pytest.mark.parametrize(
    ("name", "message", "remedy", "evidence"),
    [
        (
            "early",
            "High was active 1.0 s before its cause began, on healthy load",
            "raise its threshold, or mend what it measures",
            {
                "states": [["inactive", 0.0], ["pending", 5.0], ["firing", 9.0], ["resolved", 13.0]],
                "expected": 6.0,
                "seen": 5.0,
            },
        ),
        (
            "silent",
            "High was inactive 4.0 s after its cause (breakdown) had begun",
            "ask for its expression in the phase fault; the rule is in alert.rules.yml",
            {"states": [["inactive", 0.0]], "expected": "firing", "seen": "inactive"},
        ),
        (
            "pending only",
            "High was pending and not firing 4.0 s after its cause (breakdown) had begun",
            "ask for its expression in the phase fault; the rule is in alert.rules.yml",
            {
                "states": [["inactive", 0.0], ["pending", 7.0]],
                "expected": "firing",
                "seen": "pending and not firing",
            },
        ),
        (
            "at once",
            "High fired after 0.0 s of pending; its `for` is 5 s here",
            "look for two rules of this name",
            {"states": [["inactive", 0.0], ["firing", 7.0], ["resolved", 13.0]], "expected": 5.0, "seen": 0.0},
        ),
        (
            "not notified",
            "High fired, and its receiver drill was not notified",
            ROUTE,
            {"notified": {"resolved": 14.5}, "expected": "drill", "seen": None},
        ),
        (
            "other receiver",
            "High was delivered to night, documented is drill",
            ROUTE,
            {"expected": "drill", "seen": "night"},
        ),
        (
            "other severity",
            "High arrived with severity 'critical', documented is 'warning'",
            "set the label in the rule",
            {"expected": "warning", "seen": "critical"},
        ),
        (
            "unrendered",
            f"High: its summary arrived as 'High error rate: <no value> of calls', documented is {SUMMARY!r}",
            "mend the template; it can only use labels that the expression keeps",
            {"expected": SUMMARY, "seen": "High error rate: <no value> of calls"},
        ),
        (
            "other text",
            f"High: its summary arrived as 'Errors: 50%', documented is {SUMMARY!r}",
            "mend the template; it can only use labels that the expression keeps",
            {"expected": SUMMARY, "seen": "Errors: 50%"},
        ),
        (
            "goes on",
            "High did not resolve within 10.0 s after its cause had ended",
            "look at send_resolved, and at whether the expression goes back below its threshold",
            {
                "states": [["inactive", 0.0], ["pending", 7.0], ["firing", 9.0]],
                "expected": "resolved",
                "seen": "firing",
            },
        ),
        (
            "resolve not told",
            "High resolved, and its receiver was not told within 10.0 s after its cause had ended",
            "look at send_resolved, and at whether the expression goes back below its threshold",
            {"notified": {"firing": 9.5}, "expected": "resolved", "seen": "resolved"},
        ),
    ],
)
def test_broken(
    evidence_of: Callable[[str], Evidence], name: str, message: str, remedy: str, evidence: dict[str, Any]
) -> None:
    """The first step of its life that an alert did not take as documented is its one failure."""
    assert list(alert(evidence_of(name))) == [result(Status.FAILED, message, remedy, **evidence)]


def test_another_fires(evidence_of: Callable[[str], Evidence]) -> None:
    """An alert that no phase is to make fire, and that fires, is a failure beside the documented one's life."""
    other = Result(
        "alert",
        "Other",
        Status.FAILED,
        "Other fired 4.0 s into the drill (phase baseline), where it has no cause",
        {"expected": "silent", "seen": "firing"},
        remedy="raise its threshold, or give it a phase of its own",
    )
    assert list(alert(evidence_of("another fires"))) == [PASSED, other]


def test_short(evidence_of: Callable[[str], Evidence]) -> None:
    """A short run says nothing of alerts: it has no phase for them."""
    assert list(alert(evidence_of("short"))) == []
