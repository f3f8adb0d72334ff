from __future__ import annotations

from typing import Any

import pytest

from promdrill.contract.witness import Bounds
from promdrill.evidence.ledger import Ledgers
from promdrill.evidence.live import liveness

# A session with its handshake and its farewell, and one that never came to be; look-ups of two keys, one of them twice.
CLIENT: list[dict[str, Any]] = [
    {"kind": "session", "started": 1, "open": 2, "closing": 5, "finished": 6, "seats": 3},
    {"kind": "session", "started": 4, "open": None, "closing": None, "finished": 7, "seats": 4},
    {"kind": "look-up", "started": 1, "finished": 2, "key": "a"},
    {"kind": "look-up", "started": 2, "finished": 3, "key": "b"},
    {"kind": "look-up", "started": 6, "finished": 7, "key": "a"},
]
SESSION = {"ledger": "client", "where": {"kind": "session"}, "since": "open", "until": "closing"}
LOOKUP = {"ledger": "client", "where": {"kind": "look-up"}, "distinct": "key"}


def bounds(witness: dict[str, Any], start: float, end: float, *, calendar_rate: float = 1) -> tuple[object, object]:
    """Return how many were live at least and at most from start to end, of one selection for both."""
    both = Bounds.model_validate({"at_least": witness, "at_most": witness})
    live = liveness(Ledgers({"client": CLIENT}), both, calendar_rate)
    return live.at_least(start, end).get(()), live.at_most(start, end).get(())


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 0.5, (0, 0)),
        (1.5, 1.9, (0, 0)),
        (1.5, 2.5, (0, 1)),
        (2, 3, (0, 1)),  # the app may note it a moment afterwards
        (2.1, 3, (1, 1)),
        (4.5, 5, (1, 2)),
        (4.5, 5.5, (0, 2)),
        (6.5, 6.6, (0, 1)),
        (7.04, 8, (0, 1)),
        (7.1, 8, (0, 0)),
    ],
)
def test_rows(start: float, end: float, expected: tuple[int, int]) -> None:
    """A row is live for sure from its one column to the other, never if one is empty; at most, for all of itself."""
    assert bounds(SESSION, start, end) == expected


def test_sum() -> None:
    """A row counts as many as its column says."""
    assert bounds({**SESSION, "sum": "seats"}, 4.5, 4.6) == (3, 7)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (1.5, 1.6, (0, 1)),
        (2.5, 2.6, (1, 2)),
        (3.1, 3.5, (2, 2)),
        # With a window of 3 s: a was noted at 1 to 2 s and is gone at 4 to 5 s, b at 5 to 6 s; then a again.
        (4.5, 4.6, (1, 2)),
        (5.5, 5.6, (0, 1)),
        (6.5, 6.6, (0, 1)),
        (7.1, 9, (1, 1)),
        (10.5, 10.6, (0, 0)),
    ],
)
def test_distinct(start: float, end: float, expected: tuple[int, int]) -> None:
    """Rows of one value count once, from when it was noted for as long as the window lasts on the app's calendar."""
    assert bounds({**LOOKUP, "window": "3s"}, start, end) == expected
    assert bounds({**LOOKUP, "window": "1h"}, start, end, calendar_rate=1200) == expected


def test_for_ever() -> None:
    """Without a window a value stays; a limit is never exceeded."""
    assert bounds(LOOKUP, 100, 101) == (2, 2)
    assert bounds({**LOOKUP, "limit": 1}, 100, 101) == (1, 1)


def test_labels() -> None:
    """What is live is told by label set, those included that are idle just now."""
    witness = {"ledger": "client", "by": {"kind": "kind"}, "fixed": {"zone": "x"}}
    live = liveness(Ledgers({"client": CLIENT}), Bounds.model_validate({"at_least": witness, "at_most": witness}), 1)
    session, lookup = ((("kind", kind), ("zone", "x")) for kind in ("session", "look-up"))
    assert (live.at_least(3.5, 3.6), live.at_most(3, 3.6)) == ({session: 1, lookup: 0}, {session: 1, lookup: 1})
