from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.load import load
from harness.model import Result, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.evidence import Evidence


def turns(*starts: float) -> dict[str, list[dict[str, Any]]]:
    """Return the client's ledger of one request for each turn that began at these seconds of the run."""
    return {
        "client": [
            {"user": "BuyUser", "turn": number, "trace": str(number), "started": start, "finished": start + 0.1}
            for number, start in enumerate(starts)
        ]
    }


# One user that acts each second: four turns in a baseline from 2 s to 6 s.
DRILL = {"load": {"BuyUser": {"users": 1, "every": "1s", "count": 3}}}
UP = {"up": [1] * 21}
RUNS: dict[str, dict[str, Any]] = {
    "as asked": {"drill": DRILL, "ledgers": turns(0, 1, 2, 3, 4, 5, 6.5), "series": UP},
    "just enough": {"drill": DRILL, "ledgers": turns(2, 3, 4), "series": {"up": [1] * 15}},
    "too few turns": {"drill": DRILL, "ledgers": turns(0, 1, 2.5, 4.5, 7), "series": UP},
    "no turn": {"drill": DRILL, "series": UP},
    "short": {"drill": DRILL, "short": True, "ledgers": turns(8, 9, 10), "series": UP},
    "short, one too few": {"drill": DRILL, "short": True, "ledgers": turns(8, 9), "series": UP},
    "too few scrapes": {"series": {"up": [1] * 14}},
}


def users(status: Status, asked: float, delivered: int) -> Result:
    """Return the result about the one class of users."""
    if status is Status.PASSED:
        message, remedy = f"{delivered} turns of {asked:.0f} asked", ""
    else:
        message = f"BuyUser took {delivered} turns of {asked:.0f} asked: the machine or the app could not keep up"
        remedy = "give the run a quieter machine, or ask for less in drill.yml"
    return Result("load", "BuyUser", status, message, {"asked": asked, "delivered": delivered}, remedy=remedy)


def scrapes(seen: int) -> Result:
    """Return the passed result about the scrapes."""
    return Result("load", "scrapes", Status.PASSED, f"{seen} of 20 scrapes made", {"expected": 20, "seen": seen})


EXPECTED = {
    "as asked": [users(Status.PASSED, 4, 4), scrapes(21)],
    "just enough": [users(Status.PASSED, 4, 3), scrapes(15)],
    "too few turns": [users(Status.INCONCLUSIVE, 4, 2), scrapes(21)],
    "no turn": [users(Status.INCONCLUSIVE, 4, 0), scrapes(21)],
    "short": [users(Status.PASSED, 3, 3), scrapes(21)],
    "short, one too few": [users(Status.INCONCLUSIVE, 3, 2), scrapes(21)],
    "too few scrapes": [
        Result(
            "load",
            "scrapes",
            Status.INCONCLUSIVE,
            "Prometheus made 14 of 20 scrapes while the drill went on",
            {"expected": 20, "seen": 14},
            remedy="give the run a quieter machine, or a longer scrape_interval in drill.yml",
        )
    ],
}


@pytest.mark.parametrize("name", RUNS)
def test_load(evidence_of: Callable[[str], Evidence], name: str) -> None:
    """Too few turns in the healthy phase, or too few scrapes, make a run inconclusive."""
    assert list(load(evidence_of(name))) == EXPECTED[name]
