"""What a silence, or a service that is down, is to hold back fires and nobody is told; Alertmanager says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.checks.registry import Claimed, check
from promdrill.evidence.alerts import active
from promdrill.evidence.delivery import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.evidence import Evidence
    from promdrill.evidence.held import Held
    from promdrill.model import Result


@check("suppression")
def suppression(evidence: Evidence) -> Iterator[Result]:
    """While it is held back an alert fires in Prometheus, is suppressed in Alertmanager, and no receiver is told."""
    if not evidence.run.alerts:
        return
    for held in evidence.held:
        yield _judged(held, evidence)


def _judged(held: Held, evidence: Evidence) -> Result:
    claim = Claimed("alert", f"{held.alert} {held.how}")
    start = evidence.run.phases[0].start
    firing = [one for one in active(evidence, held.alert).firing if one.start <= held.end and one.end >= held.start]
    early = [
        one for one in told(evidence.notifications, held.alert)
        if one.status == "firing" and held.start <= one.at <= held.end
    ]  # fmt: skip
    free = [one for one in held.seen if not (held.by in one["inhibited"] if held.by else one["silenced"])]
    what = f"{held.alert} was to be {held.how} in the phase {held.phase}"
    if not firing:
        return claim.failed(
            f"{what}, and did not fire: there was nothing to hold back",
            "let the phase cause it, and last until it fires",
            expected="firing",
            seen="silent",
        )
    fired = round(firing[0].start - start, 2)
    if early:
        return claim.failed(
            f"{what}, and {early[0].receiver} was told of it {early[0].at - start:.1f} s into the drill",
            "look at inhibit_rules in alertmanager.yml: matchers and `equal`" if held.by else "look at its matchers",
            expected="no notification",
            seen=early[0].receiver,
            firing=fired,
        )
    if free or not held.seen:
        return claim.failed(
            f"{what}; Alertmanager {'does not say so' if held.seen else 'does not know it'}",
            "look at inhibit_rules in alertmanager.yml, or at the silence's matchers",
            expected=held.how,
            seen=free[0]["state"] if free else None,
            firing=fired,
        )
    numbers = {"firing": fired, "until": round(held.end - start, 2), "instances": len(held.seen)}
    if held.by:
        return claim.passed(
            f"{held.alert} fired at {fired:.1f} s, inhibited by {held.by}, and nobody was told", **numbers
        )
    after = [one.at - start for one in told(evidence.notifications, held.alert) if one.at > held.end]
    if not after:
        return claim.failed(
            f"{what}, and nobody was told when the silence had ended",
            "look at its route: it is told of with the next notification of its group",
            expected="a notification",
            seen=None,
            **numbers,
        )
    return claim.passed(
        f"{held.alert} fired at {fired:.1f} s, silenced until {held.end - start:.1f} s, told at {after[0]:.1f} s",
        **numbers,
    )
