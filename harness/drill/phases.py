"""One phase of a drill: its faults on, its time lived through or its notification awaited, its faults off."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from harness import wait
from harness.drill.compress import WINDOW_SCRAPES, longest_change
from harness.drill.faults import active
from harness.errors import DeadlineError
from harness.evidence.folder import PhaseTimes

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.contract import Scenario
    from harness.contract.drill import Phase
    from harness.drill.compress import Compressed
    from harness.stack.stack import Stack

# On top of what a rule's own times imply: two evaluations, two scrapes, Alertmanager's group_wait and group_interval,
# and a machine that is busy. A phase ends as soon as its notification is there; this only bounds one that never comes.
SLACK_SECONDS = 8.0


def play(phase: Phase, scenario: Scenario, stack: Stack, alive: Callable[[], None]) -> PhaseTimes:
    """Live through one phase and return when it was; nothing is judged here."""
    start = time.time()
    with contextlib.ExitStack() as faults:
        for name in phase.faults:
            faults.enter_context(active(name, scenario.drill.faults[name], stack))
        if phase.for_ is not None:
            wait.hold(phase.for_, alive=alive)
        else:
            _await_notifications(phase, scenario, stack, alive)
    return PhaseTimes(phase.name, start, time.time())


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


def notice_seconds(alert: str, scenario: Scenario, compressed: Compressed) -> float:
    """Return how long a notification of an alert may take, in real seconds."""
    rule = scenario.alerting_rule(alert)
    return longest_change(rule, scenario.rules) / compressed.factors[alert] + SLACK_SECONDS
