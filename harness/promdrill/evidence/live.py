"""How many rows of a ledger were live while something was looked at: what a gauge can have said, at least and at most.

The app keeps its gauge by what it did itself, which lies between what two witnesses saw: a call that a fake served was
live in the app for as long, and a request that a client waited for was live in it for little longer. What a client saw
begin or end, the app can note a moment afterwards.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from promdrill.conventions import CLIENT_LEDGER
from promdrill.durations import seconds
from promdrill.evidence.ledger import AFTERWARDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from promdrill.contract.witness import Bounds, Live
    from promdrill.evidence.ledger import LabelSet, Ledgers, Row


class ActiveInterval(NamedTuple):
    """How long one row was live, in seconds of the ledgers' clock, as how many it counts, and as whom."""

    since: float
    until: float
    amount: float
    who: Any


ActiveIntervals = dict["LabelSet", list[ActiveInterval]]


@dataclass(frozen=True)
class Liveness:
    """The intervals that one gauge's witnesses saw: certain ones, and possible ones, by label set."""

    witness: Bounds
    certain: ActiveIntervals
    possible: ActiveIntervals

    def at_least(self, start: float, end: float) -> dict[LabelSet, float]:
        """Return how many were live all the time from start to end."""
        return _counts(
            self.certain, self.witness.at_least, lambda interval: interval.since <= start and end <= interval.until
        )

    def at_most(self, start: float, end: float) -> dict[LabelSet, float]:
        """Return how many were live at any moment from start to end."""
        return _counts(
            self.possible, self.witness.at_most, lambda interval: interval.since <= end and start <= interval.until
        )


def liveness(ledgers: Ledgers, witness: Bounds, calendar_rate: float) -> Liveness:
    """Read the intervals of a gauge's two witnesses; the app's calendar runs at `calendar_rate`."""
    return Liveness(
        witness,
        _intervals(ledgers, witness.at_least, _certain, calendar_rate),
        _intervals(ledgers, witness.at_most, _possible, calendar_rate),
    )


def _intervals(
    ledgers: Ledgers, live: Live, reading: Callable[[Row, Live, float], tuple[float, float]], calendar_rate: float
) -> ActiveIntervals:
    lasting = seconds(live.window) / calendar_rate if live.window else math.inf
    intervals: ActiveIntervals = defaultdict(list)
    for row in ledgers.select(live):
        who = ledgers.column(row, live.distinct) if live.distinct else None
        intervals[ledgers.labels(row, live)].append(
            ActiveInterval(*reading(row, live, lasting), ledgers.amount(row, live), who)
        )
    return dict(intervals)


def _certain(row: Row, live: Live, lasting: float) -> tuple[float, float]:
    """Return when a row was live for sure: never, where a moment that it is read from did not come.

    The app noted a distinct value at some moment of the row: it is there once that is over, for as long as if it had
    been noted at once.
    """
    since, until = row.get(live.since), row.get(live.until)
    if since is None or until is None:
        return math.inf, -math.inf
    begun, ended = (until, since + lasting) if live.distinct else (since, until)
    return begun + _afterwards(live), ended


def _possible(row: Row, live: Live, lasting: float) -> tuple[float, float]:
    """Return when a row can have been live: for as long as the whole row, where a moment of it did not come."""
    since, until = row.get(live.since), row.get(live.until)
    since, until = row["started"] if since is None else since, row["finished"] if until is None else until
    return since, until + (lasting if live.distinct else 0) + _afterwards(live)


def _afterwards(live: Live) -> float:
    return AFTERWARDS if live.ledger == CLIENT_LEDGER else 0.0


def _counts(
    intervals: Mapping[LabelSet, Iterable[ActiveInterval]], live: Live, there: Callable[[ActiveInterval], bool]
) -> dict[LabelSet, float]:
    counts = {}
    for labels, ones in intervals.items():
        present = [interval for interval in ones if there(interval)]
        count = (
            len({interval.who for interval in present})
            if live.distinct
            else sum(interval.amount for interval in present)
        )
        counts[labels] = min(count, live.limit or math.inf)
    return counts
