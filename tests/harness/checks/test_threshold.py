from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.threshold import meets, threshold
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf, masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

SHARE = "sum(rate(failures_total[2m])) / sum(rate(calls_total[2m])) * 100"
# One call a second. Failures are few in the baseline, and from the 6th second on, where a fault begins, many.
SERIES = {
    "calls_total": [10 * second for second in range(21)],
    "failures_total": [0.1 * min(second, 6) + 5 * max(0, second - 6) for second in range(21)],
    'wait_seconds{route="a"}': [1.0] * 21,
    'wait_seconds{route="b"}': [3.0] * 21,
}
FIRED = [None] * 9 + [1] * 5
ALERT = 'ALERTS{alertname="ManyFailures",alertstate="firing"}'
RULES = [{"alert": "ManyFailures", "expr": "failures_total > 1", "labels": {"severity": "warning"}}]
ALERTS = {
    "ManyFailures": {"expr": "failures_total > 1", "severity": "warning", "phase": "fault", "source": "doc:2"},
    "Unseen": {"expr": "failures_total > 2", "severity": "warning", "source": "doc:2"},
}


def run(expr: str = SHARE, fired: list[int | None] | None = None, **more: object) -> dict[str, Any]:
    """Return a run with one threshold; its guard fires at 9 s, and its windows are compressed from 2 min to 3.5 s."""
    short = more.pop("short", False)
    promised = {"expr": expr, "source": "doc:4", **more}
    return {
        "contract": {"thresholds": {"Failures": promised}, "alerts": ALERTS},
        "rules": RULES,
        "series": {**SERIES, ALERT: FIRED if fired is None else fired},
        "factors": {"ManyFailures": 120 / 3.5},
        "short": short,
    }


GUARDED = {"guard": "ManyFailures"}
RUNS: dict[str, dict[str, Any]] = {
    "met": run(target="< 5", alert="> 20", **GUARDED),
    "met, not beyond": run(target="< 5", alert="> 60", **GUARDED),
    "beyond the target": run(target="< 5", **GUARDED),
    "not beyond the target": run(target="< 60", **GUARDED),
    "missed": run(target="> 95", alert="< 90", **GUARDED),
    "one series misses": run("wait_seconds", target="< 2"),
    "all series meet": run("wait_seconds", target="<= 3"),
    "counted": run("count(wait_seconds)", **GUARDED),
    "empty": run("nothing_total", target="< 5"),
    "NaN": run("0 * failures_total / 0", target="< 5"),
    "unguarded": run(target="< 5", alert="> 20"),
    "short": run(target="< 5", alert="> 20", short=True, **GUARDED),
    "guard silent": run(target="< 5", fired=[None] * 21, **GUARDED),
    "guard early": run(target="< 5", fired=[None] * 3 + [1, *[None] * 17], **GUARDED),
    "guard without a phase": run(target="< 5", guard="Unseen"),
    "refused": run("wait_seconds + ignoring (route) wait_seconds", target="< 5"),
}


def result(status: Status, **evidence: object) -> Facts:
    """Return a result about the one threshold."""
    return Facts("threshold", "Failures", status, evidence, Source("docs/shop.md", 4))


def test_met(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """An indicator within its target on healthy load, and beyond its alert threshold when its guard fires, passes."""
    assert facts(threshold(evidence_of("met"))) == [
        result(Status.PASSED, target="< 5", healthy="1", guard="ManyFailures", alert="> 20", fired=9.0, then="44.57")
    ]


@pytest.mark.parametrize(
    ("name", "healthy", "then"),
    [
        ("beyond the target", "1", "44.57"),
        ("all series meet", "1 to 3", None),
        ("counted", "2", "2"),
        ("unguarded", "1", None),
        ("short", "1", None),
    ],
)
def test_passes(
    evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, healthy: str, then: str | None
) -> None:
    """Without an alert threshold the guard proves the target missed; without a target, that there is a value."""
    [found] = facts(threshold(evidence_of(name)))
    assert (found.status, found.evidence["healthy"], found.evidence.get("then")) == (Status.PASSED, healthy, then)


@pytest.mark.parametrize(
    ("name", "expected", "seen"),
    [
        ("missed", "> 95", pytest.approx(1.0)),
        ("one series misses", "< 2", 3.0),
        ("NaN", "< 5", "nan"),
        ("empty", "< 5", None),
    ],
)
def test_not_met(
    evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, expected: str, seen: object
) -> None:
    """An indicator that misses its target for any series, or has no number, fails."""
    [found] = facts(threshold(evidence_of(name)))
    assert (found.status, found.evidence["expected"], found.evidence["seen"]) == (Status.FAILED, expected, seen)


@pytest.mark.parametrize(("name", "beyond"), [("met, not beyond", "> 60"), ("not beyond the target", "not < 60")])
def test_not_beyond(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, beyond: str) -> None:
    """A guard that fires while the indicator is not beyond its threshold guards something else."""
    [found] = facts(threshold(evidence_of(name)))
    assert (found.status, found.evidence["alert"], found.evidence["then"]) == (Status.FAILED, beyond, "44.57")


@pytest.mark.parametrize("name", ["guard silent", "guard early", "guard without a phase"])
def test_guard_not_seen(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """A guard that did not fire in the phase that is to make it, or has none, is inconclusive."""
    guard = RUNS[name]["contract"]["thresholds"]["Failures"]["guard"]
    assert facts(threshold(evidence_of(name))) == [result(Status.INCONCLUSIVE, target="< 5", healthy="1", guard=guard)]


def test_refused(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """An expression that Prometheus cannot evaluate fails, with the expression and Prometheus' own words."""
    [found] = threshold(evidence_of("refused"))
    _, prometheus = found.message.split("wait_seconds: ")
    [found] = facts([masked(found, prometheus)])
    assert found.status is Status.FAILED


@pytest.mark.parametrize(
    ("value", "limit", "expected"),
    [(1, "< 1", False), (1, "<= 1", True), (1.5, ">1", True), (1, ">= 1.0", True), (-2, "> -1", False)],
)
def test_limits(value: float, limit: str, expected: object) -> None:
    """A limit is an operator and a number."""
    assert meets(value, limit) is expected
