"""One phase of a drill: its faults on, its time lived through or its notification awaited, its faults off."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill import wait
from promdrill.alerts.deadlines import notice_seconds
from promdrill.drill.faults import active
from promdrill.drill.suppression import Suppression, SuppressionProbe, await_suppressed
from promdrill.errors import DeadlineError
from promdrill.evidence.folder import PhaseTimes
from promdrill.rules.compress import WINDOW_SCRAPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from promdrill.contract import Scenario
    from promdrill.contract.drill import Phase
    from promdrill.evidence.suppressed import Suppressed
    from promdrill.rules.compress import CompressedRules
    from promdrill.stack.stack import Stack


@dataclass(frozen=True)
class Player:
    """Plays the phases of a drill on a stack; `alive` raises when a part of the run has died."""

    scenario: Scenario
    compressed: CompressedRules
    stack: Stack
    alive: Callable[[], None]

    def play(self, phase: Phase) -> tuple[PhaseTimes, tuple[Suppressed, ...]]:
        """Live through one phase; return when it was and which alerts it suppressed. Nothing is judged here."""
        start = time.time()
        suppressed: tuple[Suppressed, ...] = ()

        def probe(awaited: Sequence[Suppression]) -> tuple[Suppressed, ...]:
            seconds = self._notice_seconds(one.alert for one in awaited)
            group_seconds = self.scenario.routing.notice_seconds
            return await_suppressed(
                awaited,
                SuppressionProbe(phase.name, start, self.stack.alertmanager, self.alive, seconds, group_seconds),
            )

        silences = {silence.alert: self.stack.alertmanager.silence(silence.all_matchers) for silence in phase.silences}
        with contextlib.ExitStack() as faults:
            for name in phase.faults:
                faults.enter_context(active(name, self.scenario.drill.faults[name], self.stack))
            if silences:
                suppressed += probe([Suppression(alert, silence=silence) for alert, silence in silences.items()])
                for silence in silences.values():
                    self.stack.alertmanager.expire(silence)
            if phase.for_ is not None:
                wait.hold(phase.for_, alive=self.alive)
            else:
                self._await_notifications(phase)
            if phase.inhibited:
                suppressed += probe([Suppression(alert, by=source) for alert, source in phase.inhibited.items()])
        return PhaseTimes(phase.name, start, time.time()), suppressed

    def _await_notifications(self, phase: Phase) -> None:
        state = str(phase.until)
        other = "resolved" if state == "firing" else "firing"

        # One that is left uncompressed would be waited for as long as its rule says; it is not judged.
        alerts = [alert for alert in phase.alerts if alert not in self.compressed.uncompressed]
        if not alerts:
            wait.hold(WINDOW_SCRAPES * self.scenario.scrape_seconds, alive=self.alive)
            return

        def check() -> None:
            # One can be firing when the phase begins, or have resolved in a phase that other alerts made last longer;
            # and one that resolved long ago can be firing again.
            webhook = self.stack.webhook
            awaited = [alert for alert in alerts if not webhook.has(alert, state, webhook.last(alert, other))]
            if awaited:
                raise wait.NotYet(f"no notification that {', '.join(awaited)} is {state}")

        seconds = self._notice_seconds(alerts)
        with contextlib.suppress(DeadlineError):  # that it never came is for the check to say
            wait.until(check, what=f"{', '.join(alerts)} {state}", seconds=seconds, alive=self.alive)

    def _notice_seconds(self, alerts: Iterable[str]) -> float:
        return max(notice_seconds(alert, self.scenario, self.compressed) for alert in alerts)
