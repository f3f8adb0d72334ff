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


def failing(*errors: str) -> dict[str, list[dict[str, Any]]]:
    """Return a client's ledger of one request for each error."""
    ledgers = turns(*range(len(errors)))
    return {"client": [{**row, "error": error} for row, error in zip(ledgers["client"], errors, strict=True)]}


def called(trace: str) -> dict[str, Any]:
    """Return a fake's row about a call of one trace."""
    return {"service": "ollama", "route": "chat", "trace": trace, "started": 2.0, "finished": 2.1}


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
    "unplanned": {"ledgers": failing("llm_failed", "http_500", "no_response"), "series": UP},
    "strangers": {
        "ledgers": {**turns(2), "ollama": [called("0"), called("another's")]},
        "series": UP,
    },
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


def passed(subject: str) -> Result:
    """Return the passed result about answers or ledgers, without its numbers."""
    return Result("load", subject, Status.PASSED, "")


WHOLE = [passed("answers"), passed("ledgers")]
EXPECTED = {
    "as asked": [users(Status.PASSED, 4, 4), *WHOLE, scrapes(21)],
    "just enough": [users(Status.PASSED, 4, 3), *WHOLE, scrapes(15)],
    "too few turns": [users(Status.INCONCLUSIVE, 4, 2), *WHOLE, scrapes(21)],
    "no turn": [users(Status.INCONCLUSIVE, 4, 0), *WHOLE, scrapes(21)],
    "short": [users(Status.PASSED, 3, 3), *WHOLE, scrapes(21)],
    "short, one too few": [users(Status.INCONCLUSIVE, 3, 2), *WHOLE, scrapes(21)],
    "too few scrapes": [
        *WHOLE,
        Result(
            "load",
            "scrapes",
            Status.INCONCLUSIVE,
            "Prometheus made 14 of 20 scrapes while the drill went on",
            {"expected": 20, "seen": 14},
            remedy="give the run a quieter machine, or a longer scrape_interval in drill.yml",
        ),
    ],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_load(evidence_of: Callable[[str], Evidence], name: str) -> None:
    """Too few turns in the healthy phase, or too few scrapes, make a run inconclusive."""
    found = list(load(evidence_of(name)))
    assert [passed(one.subject) if one.subject in {"answers", "ledgers"} else one for one in found] == EXPECTED[name]


def test_unplanned(evidence_of: Callable[[str], Evidence]) -> None:
    """Requests without an answer, or with a bare 5xx, make a run inconclusive; the app's own error codes do not."""
    found = {result.subject: result for result in load(evidence_of("unplanned"))}["answers"]
    assert (found.status, found.message) == (
        Status.INCONCLUSIVE,
        "2 of 3 requests failed in a way that no fault explains: 1 x http_500, 1 x no_response",
    )


def test_strangers(evidence_of: Callable[[str], Evidence]) -> None:
    """A call to a fake that belongs to no request of the load makes a run inconclusive."""
    found = {result.subject: result for result in load(evidence_of("strangers"))}["ledgers"]
    assert (found.status, found.message) == (
        Status.INCONCLUSIVE,
        "1 of 2 calls to the fakes belong to no request of the load, the first to ollama chat",
    )
