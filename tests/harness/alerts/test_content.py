"""What arrived of an alert is held against contract, rule and routing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.alerts.content import delivery_problems
from tests.words import paragraph

if TYPE_CHECKING:
    from collections.abc import Callable

    from syrupy.assertion import SnapshotAssertion

    from promdrill.evidence import Evidence

CONTRACT: dict[str, Any] = {
    "alerts": {
        "High": {"expr": "x > 1", "severity": "warning", "phase": "fault", "receiver": "chat", "source": "doc:9"},
    }
}
RULES = [{"alert": "High", "expr": "x > 1", "labels": {"severity": "warning", "team": "{{ $labels.model }}s"}}]
ROUTING = {
    "route": {
        "receiver": "mail",
        "group_by": ["alertname"],
        "routes": [
            {"receiver": "chat", "matchers": ['severity="warning"'], "group_by": ["severity", "zone"]},
            {"receiver": "all", "group_by": ["..."]},
            {"receiver": "one"},
        ],
    },
    "receivers": [{"name": name} for name in ("mail", "chat", "all", "one")],
}
LABELS = {"alertname": "High", "severity": "warning", "team": "as"}
LINK = "http://127.0.0.1:9090/graph?g0.expr=x+%3E+1&g0.tab=1"


def sent(status: str = "firing", at: float = 9.5, via: str = "chat", **changed: object) -> dict[str, Any]:
    """Return a notification of the alert, which fires from 9 to 12."""
    group = changed.pop("group", {"severity": "warning"})
    one = {"labels": LABELS, "annotations": {}, "startsAt": 9.0, "endsAt": at, "generatorURL": LINK, **changed}
    return {
        "receiver": via,
        "status": status,
        "received": at,
        "groupLabels": group,
        "alerts": [{"status": status, **one}],
    }


def run(*notifications: dict[str, Any], **more: object) -> dict[str, Any]:
    """Return a run with these notifications."""
    alerts = {'ALERTS{alertname="High",alertstate="firing"}': [1 if 9 <= at <= 12 else None for at in range(21)]}
    return {"series": alerts, "notifications": notifications, "rules": RULES, "routing": ROUTING, **more}


TO_BOTH = {"alerts": {"High": {**CONTRACT["alerts"]["High"], "receiver": ["chat", "mail"]}}}
TO_ANY = {"alerts": {"High": {**CONTRACT["alerts"]["High"], "receiver": []}}}
MAILED = sent(via="mail", group={"alertname": "High"})
RUNS = {
    "as promised": run(sent(), sent("resolved", 14.5)),
    "to both": run(sent(), MAILED, contract=TO_BOTH),
    "to anybody": run(MAILED, contract=TO_ANY),
    "by all labels": run(sent(via="all", group=LABELS), contract=TO_ANY),
    "to nobody": run(contract=TO_ANY),
    "also to another": run(sent(), MAILED),
    "to one of two": run(sent(), contract=TO_BOTH),
    "in another group": run(sent(group={"alertname": "High"})),
    "in a group of another value": run(sent(group={"severity": "critical"})),
    "with another label": run(sent(labels={**LABELS, "team": "<no value>s"})),
    "without a label": run(sent(labels={"alertname": "High", "severity": "warning"})),
    "without a link": run(sent(generatorURL="")),
    "begun before it fired": run(sent(startsAt=2.0)),
    "begun after it arrived": run(sent(startsAt=9.75)),
    "ended before it began": run(sent(), sent("resolved", 14.5, endsAt=8.0)),
    "ended in the future": run(sent(), sent("resolved", 14.5, endsAt=15.0)),
}
TEAM = "{{ $labels.model }}s"
# What was expected and what was seen, of what did not arrive as promised.
WRONG: dict[str, tuple[Any, Any]] = {
    "to nobody": ("a notification", None),
    "also to another": ("chat", "chat, mail"),
    "to one of two": ("chat and mail", "chat"),
    "in another group": ("by severity", {"alertname": "High"}),
    "in a group of another value": ("by severity", {"severity": "critical"}),
    "with another label": (TEAM, "<no value>s"),
    "without a label": (TEAM, ""),
    "without a link": ("a link", ""),
    "begun before it fired": (9.0, 2.0),
    "begun after it arrived": (9.0, 9.75),
    "ended before it began": ("an end between the two", 8.0),
    "ended in the future": ("an end between the two", 15.0),
}


@pytest.mark.parametrize("name", RUNS)
def test_misdelivered(evidence_of: Callable[[str], Evidence], name: str, snapshot: SnapshotAssertion) -> None:
    """What arrived otherwise than promised is told, and nothing of what arrived as promised."""
    evidence = evidence_of(name)
    promised = evidence.scenario.contract.alerts["High"]
    first = next(iter(delivery_problems("High", promised, evidence)), None)
    assert (first and (first.expected, first.seen)) == WRONG.get(name)
    if first:
        assert paragraph(first.message, remedy=first.remedy) == snapshot
