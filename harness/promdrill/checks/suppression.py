"""What a silence, or a service that is down, is to hold back fires and nobody is told; Alertmanager says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.alerts.delivery import read_notifications
from promdrill.alerts.states import all_state_intervals
from promdrill.checks.registry import ResultsFor, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.evidence import Evidence
    from promdrill.evidence.suppressed import Suppressed
    from promdrill.model import Result


@check("suppression")
def suppression(evidence: Evidence) -> Iterator[Result]:
    """While it is held back an alert fires in Prometheus, is suppressed in Alertmanager, and no receiver is told."""
    if not evidence.run.alerts:
        return
    for target in evidence.suppressed:
        yield _judge(target, evidence)


def _judge(target: Suppressed, evidence: Evidence) -> Result:
    claim = ResultsFor("alert", f"{target.alert} {target.how}")
    start = evidence.run.phases[0].start
    firing = [
        one
        for one in all_state_intervals(evidence, target.alert).firing
        if one.start <= target.end and one.end >= target.start
    ]
    early = [
        one for one in read_notifications(evidence.notifications, target.alert)
        if one.status == "firing" and target.start <= one.at <= target.end
    ]  # fmt: skip
    free = [one for one in target.seen if not (target.by in one["inhibited"] if target.by else one["silenced"])]
    what = f"{target.alert} was expected to be {target.how} in the phase {target.phase}"
    if not firing:
        return claim.failed(
            f"{what}, but did not fire",
            "make the phase cause it, and last until it fires",
            expected="firing",
            seen="silent",
        )
    fired = round(firing[0].start - start, 2)
    if early:
        return claim.failed(
            f"{what}, but {early[0].receiver} was notified {early[0].at - start:.1f} s into the drill",
            "look at inhibit_rules in alertmanager.yml: matchers and `equal`" if target.by else "look at its matchers",
            expected="no notification",
            seen=early[0].receiver,
            firing=fired,
        )
    if free or not target.seen:
        return claim.failed(
            f"{what}; Alertmanager {'does not show it as suppressed' if target.seen else 'does not have the alert'}",
            "look at inhibit_rules in alertmanager.yml, or at the silence's matchers",
            expected=target.how,
            seen=free[0]["state"] if free else None,
            firing=fired,
        )
    numbers = {"firing": fired, "until": round(target.end - start, 2), "instances": len(target.seen)}
    if target.by:
        return claim.passed(
            f"{target.alert} fired at {fired:.1f} s, inhibited by {target.by}, and no receiver was notified", **numbers
        )
    after = [one.at - start for one in read_notifications(evidence.notifications, target.alert) if one.at > target.end]
    if not after:
        return claim.failed(
            f"{what}, but no receiver was notified when the silence had ended",
            "look at its route: the alert belongs to the next notification of its group",
            expected="a notification",
            seen=None,
            **numbers,
        )
    return claim.passed(
        f"{target.alert} fired at {fired:.1f} s,"
        f" silenced until {target.end - start:.1f} s, notified at {after[0]:.1f} s",
        **numbers,
    )
