from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.alerts.life import alert_lives
from promdrill.checks.alert import alert
from promdrill.model import AlertLife, Deadline, Source, Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promdrill.evidence import Evidence

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


def states(
    pending: Sequence[int] = range(7, 9), firing: Sequence[int] = range(9, 13), name: str = "High"
) -> dict[str, Any]:
    """Return ALERTS as Prometheus writes it, in these states at these seconds; the fault is on from 6 to 10."""
    active = {*pending, *firing}
    since = [
        max(first for first in active if first <= second and first - 1 not in active) if second in active else None
        for second in range(SECONDS)
    ]
    alerts = {
        f'ALERTS{{alertname="{name}",alertstate="{state}",model="a"}}': [
            1 if second in when else None for second in range(SECONDS)
        ]
        for state, when in (("pending", pending), ("firing", firing))
        if when
    }
    return {**alerts, f'ALERTS_FOR_STATE{{alertname="{name}",model="a"}}': since}


def notification(status: str, received: float, **changed: object) -> dict[str, Any]:
    """Return what Alertmanager posts for a group of one alert."""
    labels = {"alertname": "High", "severity": "warning", "model": "a"}
    one = {
        "status": status,
        "labels": labels,
        "annotations": {"summary": "High error rate: 50% of calls"},
        "startsAt": 9.0,
        "endsAt": received,
        "generatorURL": "http://127.0.0.1:9090/graph?g0.expr=failures_total+%3E+1&g0.tab=1",
        **changed,
    }
    return {
        "receiver": changed.get("receiver", "drill"),
        "status": status,
        "groupLabels": changed.get("group", {"alertname": "High"}),
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
LATER = (notification("firing", 14.5, startsAt=14.0), notification("resolved", 17.5, startsAt=14.0))
IN_RECOVERY = {"alerts": {"High": {**CONTRACT["alerts"]["High"], "phase": "recovery"}}}
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
    "late": run(states(range(7, 12), range(12, 16)), notification("firing", 12.5), notification("resolved", 17.5)),
    "inactive, then late": run(states(range(11, 13), range(13, 16)), notification("firing", 13.5), RESOLVED),
    "just in time": run(
        states(range(7, 11), range(11, 15)), notification("firing", 11.5), notification("resolved", 16.5)
    ),
    "at once, in the end": run(
        states(range(0), range(10, 13)), notification("firing", 10.5), RESOLVED, factors={"High": 24}
    ),
    "twice": run(states(firing=[*range(9, 12), *range(17, 19)])),
    "twice, unscraped": run(
        {**states(firing=[*range(9, 12), *range(17, 19)]), "up": [1] * 11 + [0, 0] + [1] * (SECONDS - 13)}
    ),
    "twice, unscraped, not told": run(
        {**states(firing=[*range(9, 12), *range(17, 19)]), "up": [1] * 11 + [0, 0] + [1] * (SECONDS - 13)},
        notification("firing", 9.5),
    ),
    "twice, scraped but once": run(
        {**states(firing=[*range(9, 12), *range(17, 19)]), "up": [1] * 11 + [0] + [1] * (SECONDS - 12)}
    ),
    "evaluations missing": run(states(firing=[9, 10, 15]), notification("firing", 9.5), notification("resolved", 17.5)),
    "resolved before": run(states(), notification("resolved", 5), notification("firing", 9.5)),
    "warm-up": run(
        states([0, 1, 7, 8], [1, *range(9, 13)]),
        notification("firing", 1.5, receiver="night"),
        notification("resolved", 5),
        notification("firing", 9.5),
        RESOLVED,
    ),
    "notified in the warm-up alone": run(states(), notification("firing", 1.5), RESOLVED),
    "into the baseline": run(states(range(1, 9))),
    "NaN": run(
        states(), notification("firing", 9.5, annotations={"summary": "High error rate: NaN of calls"}), RESOLVED
    ),
    "another in the warm-up": run({**states(), **states(range(0), range(2), "Other")}),
    "another twice": run({**states(), **states(range(0), [4, 5, 12], "Other")}),
    "another pending": run({**states(), **states(range(4, 12), range(0), "Other")}),
    "another fires": run({**states(), **states(range(0), range(4, 6), "Other")}),
    "short": run(SILENT, short=True),
    "pending in the phase of another": run(states([7, 13], range(14, 16)), *LATER, contract=IN_RECOVERY),
    "fires in the phase of another": run(states(range(7, 9), range(9, 13)), *LATER, contract=IN_RECOVERY),
    "without a phase": run(states(), contract={"alerts": {"High": {**CONTRACT["alerts"]["High"], "phase": None}}}),
}
NIGHT = "failures_total > 1 and on () hour() >= 0"
LEFT = [{"alert": "High", "expr": NIGHT, "for": "2m"}, {"alert": "Other", "expr": "time() - up > 1"}]
COUNTING = [{"alert": "High", "expr": "increase(failures_total[2m]) > 1", "for": "2m"}]
CLAIMED = {
    "id": "night",
    "claims": [{"kind": "alert", "subject": "High"}],
    "defect": "calendar",
    "what": "it fires at night",
    "shown_by": {"empty": "x"},
    "correction": "none",
    "source": "doc:9",
}
RUNS |= {
    "left uncompressed": run({**states(), **states(range(0), range(4, 6), "Other")}) | {"rules": LEFT},
    "left uncompressed, an erratum": run(SILENT)
    | {"rules": LEFT, "contract": {"alerts": CONTRACT["alerts"], "errata": [CLAIMED]}},
    "counts too few": run(SILENT) | {"rules": COUNTING},
    "counts too few by itself": run(SILENT, factors={"High": 1}) | {"rules": COUNTING},
    "braces lost": run(
        states(), notification("firing", 9.5, annotations={"summary": "High error rate: { $value } of calls"}), RESOLVED
    ),
}
SLOW = states(range(6, 10), range(10, 13)), notification("firing", 10.5, startsAt=10.0), RESOLVED
TIGHT = {"High": 1200.0}
LOADED = {"client": [{"user": "BuyUser", "turn": 1, "started": 3.0, "finished": 4.0, "outcome": "ok"}]}
HELD_SINCE = ['ALERTS_FOR_STATE{alertname="High",model="a"}']


def recorded(name: str, at: float = 8.0, **record: str) -> dict[str, Any]:
    """Return Prometheus' own record of a rule."""
    return {"name": name, "phase": "fault", "time": at, "health": "ok", **record}


FAILING = {"health": "err", "lastError": "many-to-many matching not allowed"}
RUNS |= {
    "late in its phase": run(*SLOW, factors=TIGHT, ledgers=LOADED),
    "late under little load": run(*SLOW, factors=TIGHT),
    "late on a busy machine": run({**SLOW[0], "up": [1] * 5 + [None] * 4 + [1] * 12}, *SLOW[1:], factors=TIGHT),
    "held anew": run({**SLOW[0], **dict.fromkeys(HELD_SINCE, [8] * SECONDS)}, *SLOW[1:], factors=TIGHT),
    "fails": run(states(), evaluated=[recorded("High", 5.0), recorded("High", **FAILING)]),
    "reads what fails": run(states(), evaluated=[recorded("part", **FAILING)])
    | {"rules": [{**RULES[0], "expr": "part > 1"}, {"record": "part", "expr": "up"}]},
    "another fails": run(states(), evaluated=[recorded("Other", **FAILING), recorded("Other", 9.0, **FAILING)]),
    "record of states": run(
        states(),
        evaluated=[
            recorded("High", at, state=state) for at, state in ((5, "inactive"), (8, "pending"), (11, "firing"))
        ],
    ),
    "record contradicted": run(states(firing=range(9, 20)), evaluated=[recorded("High", 14.0, state="inactive")]),
    "record of nothing": run(states(), evaluated=[recorded("High", 18.5, state="firing")]),
}
NOTIFIED = {"firing": 9.5, "resolved": 14.5}


def life(**states: float) -> list[list[object]]:
    """Return the states of an alert as data: when it came into each, in seconds of the drill."""
    return [["inactive", 0.0], *([state, float(at)] for state, at in states.items())]


WHOLE = life(pending=7, firing=9, resolved=13)


def failed(
    differing: tuple[object, object], states: list[list[object]] = WHOLE, notified: dict[str, float] = NOTIFIED
) -> Facts:
    """Return a failure of the documented alert."""
    expected, seen = differing
    numbers = {"states": states, "notified": notified, "expected": expected, "seen": seen}
    return Facts("alert", "High", Status.FAILED, numbers, SOURCE)


SOURCE = Source("docs/shop.md", 9)
PASSED = Facts("alert", "High", Status.PASSED, {"states": WHOLE, "notified": NOTIFIED}, SOURCE)


def test_whole_life(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """An alert that lives its whole life, and alone, passes."""
    assert facts(alert(evidence_of("whole life"))) == [PASSED]


def test_life(evidence_of: Callable[[str], Evidence]) -> None:
    """The life of each documented alert is told in seconds of the drill."""
    assert alert_lives(evidence_of("whole life")) == (
        AlertLife(
            "High",
            60,
            ("live",),
            (("inactive", 0.0), ("pending", 7.0), ("firing", 9.0), ("resolved", 13.0)),
            {"firing": 9.5, "resolved": 14.5},
            "drill",
            {
                "pending": Deadline(14.0, 7.0),
                "firing": Deadline(12.0, 9.0),
                "notified": Deadline(13.25, 9.5),
                "notified of resolved": Deadline(17.25, 14.5),
            },
        ),
    )


NO_ERROR = ("no error", FAILING["lastError"])
NO_VALUE = "High error rate: <no value> of calls"
BRACES = "High error rate: { $value } of calls"
BROKEN = {
    "early": failed((6.0, 5.0), life(pending=5, firing=9, resolved=13)),
    "into the baseline": failed((6.0, 2.0), life(pending=2, firing=9, resolved=13)),
    "silent": failed(("firing", "inactive"), life(), {}),
    "pending only": failed(("firing", "pending and not firing"), life(pending=7), {}),
    "late": failed(
        ("firing", "pending and not firing"),
        life(pending=7, firing=12, resolved=16),
        {"firing": 12.5, "resolved": 17.5},
    ),
    "inactive, then late": failed(
        ("firing", "inactive"), life(pending=11, firing=13, resolved=16), {"firing": 13.5, "resolved": 14.5}
    ),
    "at once": failed((5.0, 0.0), life(firing=7, resolved=13)),
    "at once, in the end": failed((5.0, 0.0), life(firing=10, resolved=13), {"firing": 10.5, "resolved": 14.5}),
    "not notified": failed(("drill", None), notified={"resolved": 14.5}),
    "notified in the warm-up alone": failed(("drill", None), notified={"resolved": 14.5}),
    "other receiver": failed(("drill", "night")),
    "other severity": failed(("warning", "critical")),
    "unrendered": failed((SUMMARY, NO_VALUE)),
    "braces lost": failed((SUMMARY, BRACES)),
    "counts too few": failed(("firing", "inactive"), life(), {}),
    "counts too few by itself": failed(("firing", "inactive"), life(), {}),
    "other text": failed((SUMMARY, "Errors: 50%")),
    "twice": failed((1, 2), life(pending=7, firing=9, resolved=12)),
    "goes on": failed(("resolved", "firing"), life(pending=7, firing=9)),
    "resolve not told": failed(("resolved", "resolved"), notified={"firing": 9.5}),
    "fails": failed(NO_ERROR),
    "reads what fails": failed(NO_ERROR),
    "record contradicted": failed(("inactive", ["firing"]), life(pending=7, firing=9)),
    "record of nothing": failed(("firing", "inactive")),
    "resolved before": failed(("resolved", "resolved"), notified={"firing": 9.5}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """The first step of its life that an alert did not take as documented is its one failure."""
    assert facts(alert(evidence_of(name))) == [BROKEN[name]]


def test_late(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A station that is reached after its deadline fails; in a run that was late itself it is inconclusive."""
    lived = {"states": life(pending=6, firing=10, resolved=13), "notified": {"firing": 10.5, "resolved": 14.5}}
    numbers = {"expected": 9.1, "seen": 10.0, **lived}
    assert facts(alert(evidence_of("late in its phase"))) == [Facts("alert", "High", Status.FAILED, numbers, SOURCE)]
    assert facts(alert(evidence_of("late under little load"))) == [
        Facts("alert", "High", Status.INCONCLUSIVE, numbers, SOURCE)
    ]
    assert facts(alert(evidence_of("late on a busy machine"))) == [
        Facts("alert", "High", Status.INCONCLUSIVE, numbers, SOURCE)
    ]


@pytest.mark.parametrize(
    ("name", "status"), [("twice, unscraped", "inconclusive"), ("twice, scraped but once", "failed")]
)
def test_fired_anew_unscraped(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, status: str) -> None:
    """An alert that ended because scrapes in a row failed is in doubt; one that failed alone changes nothing."""
    [found] = facts(alert(evidence_of(name)))
    assert (found.status, found.evidence["expected"], found.evidence["seen"]) == (status, 1, 2)


def test_a_doubt_hides_nothing(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """What is certainly broken is told before what scrapes that failed may have made so."""
    [found] = facts(alert(evidence_of("twice, unscraped, not told")))
    assert (found.status, found.evidence["expected"]) == (Status.FAILED, "resolved")


def test_held_anew(evidence_of: Callable[[str], Evidence]) -> None:
    """An alert whose condition began to hold anew while it was pending is due as much later."""
    [found] = alert(evidence_of("held anew"))
    [lived] = alert_lives(evidence_of("held anew"))
    assert (found.status, lived.deadlines["firing"]) == (Status.PASSED, Deadline(12.1, 10.0))


def test_another_rule_fails(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A rule that no judged alert stands for, and that could not be evaluated, is a failure of its own, once."""
    error = FAILING["lastError"]
    assert facts(alert(evidence_of("another fails"))) == [
        PASSED,
        Facts("alert", "Other", Status.FAILED, {"expected": "no error", "seen": error}),
    ]


def test_record_of_states(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """Prometheus' own record of an alert that agrees with what it wrote is in order."""
    assert facts(alert(evidence_of("record of states"))) == [PASSED]


@pytest.mark.parametrize(
    ("name", "states", "notified"),
    [
        ("just in time", life(pending=7, firing=11, resolved=15), {"firing": 11.5, "resolved": 16.5}),
        ("evaluations missing", life(pending=7, firing=9, resolved=16), {"firing": 9.5, "resolved": 17.5}),
    ],
)
def test_busy_machine(
    evidence_of: Callable[[str], Evidence], name: str, states: list[list[object]], notified: dict[str, float]
) -> None:
    """An evaluation that comes late, or a few that are missing, are the machine's doing and not the alert's."""
    [found] = alert(evidence_of(name))
    assert (found.status, found.evidence) == (Status.PASSED, {"states": states, "notified": notified})


def test_warm_up(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """What an alert does in the warm-up, and what is notified of it, is not judged."""
    assert facts(alert(evidence_of("warm-up"))) == [PASSED]


def test_nan_in_a_text(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """NaN in an annotation is a value that was rendered."""
    assert facts(alert(evidence_of("NaN"))) == [PASSED]


# An alert that the drill has no cause for.
OTHER = Facts("alert", "Other", Status.FAILED, {"expected": "silent", "seen": "firing"})


@pytest.mark.parametrize(
    ("name", "times"),
    [("another fires", 1), ("another twice", 2), ("another pending", 0), ("another in the warm-up", 0)],
)
def test_another(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, times: int) -> None:
    """Each firing of an alert that no phase is to make fire is a failure beside the documented one's life."""
    assert facts(alert(evidence_of(name))) == [PASSED, *[OTHER] * times]


def test_pending_in_the_phase_of_another(evidence_of: Callable[[str], Evidence]) -> None:
    """An alert that another one's cause makes pending for a moment passes, and its life is that of its own phase."""
    [found] = alert(evidence_of("pending in the phase of another"))
    assert (found.status, found.evidence["states"]) == (Status.PASSED, life(pending=13, firing=14, resolved=16))


def test_fires_in_the_phase_of_another(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """An alert that fires in the phase of another fails: the two causes are not told apart."""
    [found] = facts(alert(evidence_of("fires in the phase of another")))
    assert (found.status, found.evidence["expected"] - found.evidence["seen"]) == (Status.FAILED, 1.0)


def test_without_a_phase(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """An alert that no phase makes fire is left to its erratum, which says what is wrong with it."""
    assert facts(alert(evidence_of("without a phase"))) == []


def test_left_uncompressed(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """An alert that cannot be lived through is inconclusive, whatever it did; another one is not judged."""
    assert facts(alert(evidence_of("left uncompressed")), "reason") == [
        Facts("alert", "High", Status.INCONCLUSIVE, {}, SOURCE)
    ]
    assert [life.proof for life in alert_lives(evidence_of("left uncompressed"))] == [()]


def test_left_uncompressed_and_an_erratum(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """An alert that cannot be lived through, and that an erratum is about, is left to the erratum."""
    assert facts(alert(evidence_of("left uncompressed, an erratum"))) == []


def test_short(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A short run says nothing of alerts: it has no phase for them."""
    assert facts(alert(evidence_of("short"))) == []
