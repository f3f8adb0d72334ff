"""One phase of a drill: its faults on, its time lived through or its notification awaited, its faults off."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from promdrill import wait
from promdrill.drill.deadlines import notice_seconds
from promdrill.drill.faults import active
from promdrill.drill.holding import Hold, Watch, held_back
from promdrill.errors import DeadlineError
from promdrill.evidence.folder import PhaseTimes
from promdrill.rules.compress import WINDOW_SCRAPES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promdrill.contract import Scenario
    from promdrill.contract.drill import Phase
    from promdrill.evidence.held import Held
    from promdrill.stack.stack import Stack


def play(
    phase: Phase, scenario: Scenario, stack: Stack, alive: Callable[[], None]
) -> tuple[PhaseTimes, tuple[Held, ...]]:
    """Live through one phase; return when it was and what it held back. Nothing is judged here."""
    start = time.time()
    held: tuple[Held, ...] = ()

    def watch(holds: Sequence[Hold]) -> Watch:
        patience = max(notice_seconds(hold.alert, scenario, stack.compressed) for hold in holds)
        return Watch(phase.name, start, stack.alertmanager, alive, patience, scenario.routing.notice_seconds)

    silences = {silence.alert: stack.alertmanager.silence(silence.asked) for silence in phase.silences}
    with contextlib.ExitStack() as faults:
        for name in phase.faults:
            faults.enter_context(active(name, scenario.drill.faults[name], stack))
        if silences:
            silenced = [Hold(alert, silence=silence) for alert, silence in silences.items()]
            held += held_back(silenced, watch(silenced))
            for silence in silences.values():
                stack.alertmanager.expire(silence)
        if phase.for_ is not None:
            wait.hold(phase.for_, alive=alive)
        else:
            _await_notifications(phase, scenario, stack, alive)
        if phase.inhibited:
            inhibited = [Hold(alert, by=source) for alert, source in phase.inhibited.items()]
            held += held_back(inhibited, watch(inhibited))
    return PhaseTimes(phase.name, start, time.time()), held


def _await_notifications(phase: Phase, scenario: Scenario, stack: Stack, alive: Callable[[], None]) -> None:
    state = str(phase.until)
    other = "resolved" if state == "firing" else "firing"

    # One that is left uncompressed would be waited for as long as its rule says; it is not judged.
    alerts = [alert for alert in phase.alerts if alert not in stack.compressed.left]
    if not alerts:
        wait.hold(WINDOW_SCRAPES * scenario.scrape_seconds, alive=alive)
        return

    def notified() -> None:
        # One can be firing when the phase begins, or have resolved in a phase that other alerts made last longer; and
        # one that resolved long ago can be firing again.
        awaited = [alert for alert in alerts if not stack.webhook.has(alert, state, stack.webhook.last(alert, other))]
        if awaited:
            raise wait.NotYet(f"no notification that {', '.join(awaited)} is {state}")

    seconds = max(notice_seconds(alert, scenario, stack.compressed) for alert in alerts)
    with contextlib.suppress(DeadlineError):  # that it never came is for the check to say
        wait.until(notified, what=f"{', '.join(alerts)} {state}", seconds=seconds, alive=alive)
