from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.load import load, phases_lacking_turns
from promdrill.model import Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence


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


def called(trace: str, fault: str | None = None) -> dict[str, Any]:
    """Return a fake's row about a call of one trace."""
    return {"service": "ollama", "route": "chat", "trace": trace, "fault": fault, "started": 2.0, "finished": 2.1}


# One user that acts each second: sixteen turns from the baseline's start at 2 s to the drain's at 18 s.
DRILL = {"load": {"BuyUser": {"users": 1, "every": "1s", "count": 3}}}
# Four of these seconds are those of the fault.
RESTED = {"load": {"BuyUser": {"users": 1, "every": "1s", "count": 3, "pauses_in": ["fault"]}}}
BURST = {"load": {"BuyUser": {"users": 1, "every": "1s", "count": 0, "during": ["fault"]}}}
THINKING = {"load": {"BuyUser": {"users": 1, "think": {"low": "1s", "high": "3s"}, "count": 3}}}
FAKES = {"fakes": {"serve": ["ollama"], "lag_budget": "250ms"}}
UP = {"up": [1] * 21}


def quick(fault: str = "slow", **model: object) -> dict[str, Any]:
    """Return a drill of two users who act each half second, or as the model has it, with a fault in its phase."""
    faults = {"slow": {"service": "ollama", "effect": {"latency": 2}}, "frozen": {"service": "app", "effect": "freeze"}}
    return {
        "load": {"BuyUser": {"users": 2, "count": 3, **(model or {"every": "500ms"})}},
        "phases": [{"name": "fault", "for": "4s", "faults": [fault]}],
        "faults": {fault: faults[fault]},
    }


def every(seconds: float, start: float, end: float) -> list[float]:
    """Return these times, the end left out."""
    return [start + number * seconds for number in range(round((end - start) / seconds))]


# Sixteen turns in each of baseline and fault, and 32 in the recovery: seven of sixteen are missing in the fault alone.
LACKING = [*every(0.25, 2, 6), *every(0.45, 6, 10), *every(0.25, 10, 18)]
LONG = [{**row, "finished": 9.5} if row["trace"] == "17" else row for row in turns(*LACKING)["client"]]
HELD_UP = {"service": "ollama", "route": "chat", "trace": "17", "fault": "slow", "started": 6.5, "finished": 9.5}
RUNS: dict[str, dict[str, Any]] = {
    "as asked": {"drill": DRILL, "ledgers": turns(*range(18), 18.5), "series": UP},
    "just enough": {"drill": DRILL, "ledgers": turns(*range(2, 14)), "series": {"up": [1] * 15}},
    "too few turns": {"drill": DRILL, "ledgers": turns(*range(13), 18.5), "series": UP},
    "only in the baseline": {"drill": DRILL, "ledgers": turns(2, 3, 4, 5), "series": UP},
    "no turn": {"drill": DRILL, "series": UP},
    "rested": {"drill": RESTED, "ledgers": turns(*range(2, 6), *range(10, 18)), "series": UP},
    "burst": {"drill": BURST, "ledgers": turns(6, 7, 8), "series": UP},
    "burst, one too few": {"drill": BURST, "ledgers": turns(6, 7), "series": UP},
    "burst, short": {"drill": BURST, "short": True, "series": UP},
    "thinking": {"drill": THINKING, "ledgers": turns(1, 2, 18.5), "series": UP},
    "thinking for ever": {"drill": THINKING, "ledgers": turns(1, 18.5), "series": UP},
    "short": {"drill": DRILL, "short": True, "ledgers": turns(8, 9, 10), "series": UP},
    "short, one too few": {"drill": DRILL, "short": True, "ledgers": turns(8, 9), "series": UP},
    "too few scrapes": {"drill": DRILL, "ledgers": turns(*range(2, 18)), "series": {"up": [1] * 14}},
    "too few good scrapes": {
        "drill": DRILL,
        "ledgers": turns(*range(2, 18)),
        "series": {"up": [1] * 14 + [0] * 7},
    },
    "unplanned": {"ledgers": failing("llm_failed", "http_500", "no_response"), "series": UP},
    "planned": {
        "ledgers": {**failing("http_500", "no_response"), "ollama": [called("0", "hang"), called("1", "hang")]},
        "series": UP,
    },
    "planned for another": {
        "ledgers": {**failing("http_500", "llm_failed"), "ollama": [called("0"), called("1", "hang")]},
        "series": UP,
    },
    "raised": {"ledgers": failing("exception: KeyError: 'key'", "llm_failed"), "series": UP},
    "strangers": {
        "ledgers": {**turns(2), "ollama": [called("0"), called("another's")]},
        "series": UP,
    },
    "in each phase": {"drill": quick(), "ledgers": turns(*every(0.25, 2, 18))},
    "in one phase": {"drill": quick(), "ledgers": turns(*LACKING)},
    "in one phase, open": {"drill": quick(arrivals={"rate": 4}), "ledgers": turns(*LACKING)},
    "in one phase, thinking": {"drill": quick(think={"low": "1s", "high": "3s"}), "ledgers": turns(*LACKING)},
    "held up by the fault": {
        "drill": quick(),
        "ledgers": {"client": LONG, "ollama": [HELD_UP]},
    },
    "struck, and not held up": {
        "drill": quick(),
        "ledgers": {"client": LONG, "ollama": [{**HELD_UP, "finished": 6.6}]},
    },
    "in one phase, short": {"drill": quick(), "short": True, "ledgers": turns(*LACKING)},
    "frozen": {"drill": quick("frozen"), "ledgers": turns(*LACKING)},
    "too short a phase": {"drill": quick(every="1s"), "ledgers": turns(*every(0.5, 2, 6), *every(0.5, 10, 18))},
    "prompt fakes": {"drill": FAKES, "ledgers": turns(2), "lag": 0.25, "series": UP},
    "late fakes": {"drill": FAKES, "ledgers": turns(2), "lag": 0.3, "series": UP},
    "fakes that do not tell": {"drill": FAKES, "ledgers": turns(2), "series": UP},
    "before the load": {"ledgers": {**turns(3), "ollama": [called("another's")]}, "series": UP},
}


def users(status: Status, asked: float, delivered: int) -> Facts:
    """Return the result about the one class of users."""
    return Facts("load", "BuyUser", status, {"asked": asked, "delivered": delivered})


def scrapes(seen: int) -> Facts:
    """Return the passed result about the scrapes."""
    return Facts("load", "scrapes", Status.PASSED, {"expected": 20, "seen": seen})


def passed(subject: str) -> Facts:
    """Return the passed result about answers or ledgers, without its numbers."""
    return Facts("load", subject, Status.PASSED)


WHOLE = [passed("answers"), passed("ledgers")]
TOO_FEW = Facts("load", "scrapes", Status.INCONCLUSIVE, {"expected": 20, "seen": 14})
EXPECTED = {
    "as asked": [users(Status.PASSED, 16, 16), *WHOLE, scrapes(21)],
    "just enough": [users(Status.PASSED, 16, 12), *WHOLE, scrapes(15)],
    "too few turns": [users(Status.INCONCLUSIVE, 16, 11), *WHOLE, scrapes(21)],
    "only in the baseline": [users(Status.INCONCLUSIVE, 16, 4), *WHOLE, scrapes(21)],
    "no turn": [users(Status.INCONCLUSIVE, 16, 0), *WHOLE, scrapes(21)],
    "rested": [users(Status.PASSED, 12, 12), *WHOLE, scrapes(21)],
    "burst": [users(Status.PASSED, 4, 3), *WHOLE, scrapes(21)],
    "burst, one too few": [users(Status.INCONCLUSIVE, 4, 2), *WHOLE, scrapes(21)],
    "burst, short": [users(Status.PASSED, 0, 0), *WHOLE, scrapes(21)],
    "thinking": [
        Facts("load", "BuyUser", Status.PASSED, {"delivered": 1}),
        *WHOLE,
        scrapes(21),
    ],
    "thinking for ever": [
        Facts("load", "BuyUser", Status.INCONCLUSIVE, {"delivered": 0}),
        *WHOLE,
        scrapes(21),
    ],
    "short": [users(Status.PASSED, 3, 3), *WHOLE, scrapes(21)],
    "short, one too few": [users(Status.INCONCLUSIVE, 3, 2), *WHOLE, scrapes(21)],
    "too few scrapes": [users(Status.PASSED, 16, 16), *WHOLE, TOO_FEW],
    "too few good scrapes": [users(Status.PASSED, 16, 16), *WHOLE, TOO_FEW],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_load(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """Too few turns of users who are awake, baseline to drain, or too few good scrapes make a run inconclusive."""
    found = facts(load(evidence_of(name)))
    assert [passed(one.subject) if one.subject in {"answers", "ledgers"} else one for one in found] == EXPECTED[name]


@pytest.mark.parametrize(
    ("name", "status", "numbers"),
    [
        ("unplanned", Status.INCONCLUSIVE, {"expected": 0, "seen": 2}),
        ("planned", Status.PASSED, {"requests": 2}),
        ("planned for another", Status.INCONCLUSIVE, {"expected": 0, "seen": 1}),
        ("raised", Status.INCONCLUSIVE, {"expected": 0, "seen": 1}),
    ],
)
def test_answers(
    evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, status: Status, numbers: dict[str, int]
) -> None:
    """No answer, a bare 5xx or a turn that raised make a run inconclusive, unless a fault struck a call of theirs."""
    found = facts(one for one in load(evidence_of(name)) if one.subject == "answers")
    assert found == [Facts("load", "answers", status, numbers)]


def test_strangers(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A call to a fake that belongs to no request of the load makes a run inconclusive."""
    found = facts(one for one in load(evidence_of("strangers")) if one.subject == "ledgers")
    assert found == [Facts("load", "ledgers", Status.INCONCLUSIVE, {"expected": 0, "seen": 1})]


def test_before_the_load(evidence_of: Callable[[str], Evidence]) -> None:
    """What an app called to find out whether it is ready, before any request of the load, is no stranger's call."""
    found = {result.subject: result for result in load(evidence_of("before the load"))}["ledgers"]
    assert found.status is Status.PASSED


@pytest.mark.parametrize(
    ("name", "status", "numbers"),
    [
        ("prompt fakes", Status.PASSED, {"budget": 0.25, "seen": 0.25}),
        ("late fakes", Status.INCONCLUSIVE, {"budget": 0.25, "seen": 0.3}),
        ("fakes that do not tell", Status.INCONCLUSIVE, {"budget": 0.25}),
    ],
)
def test_fakes(
    evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, status: Status, numbers: dict[str, float]
) -> None:
    """Fakes that were later than their budget, or do not say how late they were, make a run inconclusive."""
    found = facts(one for one in load(evidence_of(name)) if one.subject == "fakes")
    assert found == [Facts("load", "fakes", status, numbers)]


def test_no_fakes_no_lag(evidence_of: Callable[[str], Evidence]) -> None:
    """Where no fake runs, nothing is said of any."""
    assert "fakes" not in {result.subject for result in load(evidence_of("planned"))}


@pytest.mark.parametrize(
    ("name", "lacking"),
    [
        ("in each phase", 0),
        ("in one phase", 1),
        ("in one phase, open", 1),
        ("in one phase, thinking", 0),
        ("held up by the fault", 0),
        ("struck, and not held up", 1),
        ("in one phase, short", 0),
        ("frozen", 0),
        ("too short a phase", 0),
    ],
)
def test_single_phases(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, lacking: int) -> None:
    """A lack in one phase is found where the whole run makes up for it, and not where the drill itself is its cause."""
    found = facts(phases_lacking_turns(evidence_of(name)))
    assert [one.status for one in found] == [Status.INCONCLUSIVE] * lacking
