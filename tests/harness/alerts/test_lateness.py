"""What came late, and whether the run itself was late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promdrill.alerts.lateness import first_late_step, run_lateness
from promdrill.model import AlertLife, Deadline

if TYPE_CHECKING:
    from collections.abc import Callable

    from syrupy.assertion import SnapshotAssertion

    from promdrill.evidence import Evidence

BUSY = [None if 9 <= second <= 12 else 1 for second in range(21)]
ALERTS = 'ALERTS{alertname="High",alertstate="firing"}'
LEFT_OUT = [1 if second in {3, 4, 7, 8, 18, 19} else None for second in range(21)]
RUNS = {
    "on time": {"series": {ALERTS: [1 if 3 <= second <= 8 or second > 15 else None for second in range(21)]}},
    "busy": {"series": {"up": BUSY}},
    "an evaluation left out": {"series": {ALERTS: LEFT_OUT}},
}


def life(**deadlines: Deadline) -> AlertLife:
    """Return a life with these deadlines."""
    return AlertLife("High", 60.0, ("live",), (), {}, "chat", deadlines)


def test_late() -> None:
    """The first station that was reached after its deadline is told; one that never was is not late."""
    on_time, never = Deadline(10.0, 10.0), Deadline(20.0, None)
    assert first_late_step(life(pending=on_time, firing=never)) is None
    assert first_late_step(life(pending=on_time, firing=Deadline(15.0, 15.25), notified=Deadline(16.0, 30.0))) == (
        "firing",
        15.0,
        15.25,
    )


@pytest.mark.parametrize(
    ("name", "until", "is_late"),
    [
        ("on time", 20, False),
        ("busy", 20, True),
        ("busy", 10, False),
        ("an evaluation left out", 20, True),
        ("an evaluation left out", 6, False),
    ],
)
def test_run_was_late(
    evidence_of: Callable[[str], Evidence], name: str, until: float, *, is_late: bool, snapshot: SnapshotAssertion
) -> None:
    """What Prometheus did not scrape or evaluate before an instant shows a run that was late itself."""
    assert run_lateness(evidence_of(name), "High", until) == (snapshot if is_late else "")
