"""Alerts that a phase suppresses, by a silence or by another alert: awaited, and what Alertmanager then shows."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promdrill import wait
from promdrill.errors import DeadlineError
from promdrill.evidence.suppressed import Suppressed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from promdrill.stack.alertmanager_api import AlertmanagerApi

# On top of a group's times: a notification that nothing holds back has arrived by then.
ARRIVAL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Suppression:
    """One alert that is to be suppressed, by the `silence` of this id or by the alert `by`."""

    alert: str
    by: str | None = None
    silence: str | None = None

    def instances(self, alerts: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield what Alertmanager shows of each instance of the alert."""
        names = {one["fingerprint"]: one["labels"].get("alertname", "") for one in alerts}
        for one in alerts:
            if one["labels"].get("alertname") == self.alert:
                status = one["status"]
                yield {
                    "labels": one["labels"],
                    "state": status["state"],
                    "inhibited": sorted({names.get(source, "") for source in status["inhibitedBy"]}),
                    "silenced": self.silence in status["silencedBy"],
                }

    def holds(self, alerts: Sequence[dict[str, Any]]) -> bool:
        """Tell whether Alertmanager has the alert, and shows that every instance is suppressed as it is to be."""
        shown = list(self.instances(alerts))
        return bool(shown) and all(one["silenced"] if self.silence else self.by in one["inhibited"] for one in shown)


@dataclass(frozen=True, slots=True)
class SuppressionProbe:
    """How a phase that began at `since` probes what it suppresses: whom it asks, and for how long, in seconds."""

    phase: str
    since: float
    alertmanager: AlertmanagerApi
    alive: Callable[[], None]
    seconds: float
    group_seconds: float


def await_suppressed(awaited: Sequence[Suppression], probe: SuppressionProbe) -> tuple[Suppressed, ...]:
    """Wait until alerts are suppressed, and then for as long as a notification would take; return what was seen.

    One that is not suppressed in time is for the check to judge.
    """

    def check() -> None:
        alerts = probe.alertmanager.alerts()
        if free := [one.alert for one in awaited if not one.holds(alerts)]:
            raise wait.NotYet(f"{', '.join(free)} not suppressed")

    with contextlib.suppress(DeadlineError):
        wait.until(check, what=f"alerts suppressed in {probe.phase}", seconds=probe.seconds, alive=probe.alive)
    wait.hold(probe.group_seconds + ARRIVAL_SECONDS, alive=probe.alive)
    alerts, end = probe.alertmanager.alerts(), time.time()
    return tuple(
        Suppressed(one.alert, probe.phase, one.by, probe.since, end, tuple(one.instances(alerts))) for one in awaited
    )
