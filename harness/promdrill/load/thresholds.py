"""Thresholds held against requests: the same while a load goes on, where one may end it, and on the saved ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from promdrill.load.meter import Measured

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill.contract.load_shape import Users
    from promdrill.contract.threshold import Threshold

MEDIAN = 50


class ArrivalCounts(NamedTuple):
    """What became of arrivals: how many were due, and how many of them nobody took."""

    due: int = 0
    dropped: int = 0


class Limit:
    """One threshold, and the requests so far that it means."""

    def __init__(self, threshold: Threshold, users: Mapping[str, Users]) -> None:
        self.threshold = threshold
        self._users = users
        self.measured = Measured()
        self.meant: set[str] = set()

    def note(self, row: Mapping[str, Any]) -> None:
        """Take a row of the client's ledger into account, if it is one of those that are meant."""
        tags = self._users[row["user"]].tags
        if all(str(tags.get(name, row.get(name))) == str(value) for name, value in self.threshold.of.items()):
            self.measured.note(row)
            self.meant.add(row["user"])

    def value(self, seconds: float, arrivals: ArrivalCounts) -> float:
        """Return what the threshold is on: latencies in seconds, rates as shares, over so many seconds of load."""
        bound, measured = self.threshold.bound, self.measured
        if bound.of_latency:
            latencies = measured.intended if self.threshold.latency == "intended" else measured.service
            if bound.what in {"avg", "min", "max"}:
                return {"avg": latencies.mean, "min": latencies.percentile(0), "max": latencies.percentile(100)}[
                    bound.what
                ]
            return latencies.percentile(MEDIAN if bound.percentile is None else bound.percentile)
        return {
            "rate(failures)": measured.failures / measured.requests if measured.requests else 0.0,
            "count(failures)": float(measured.failures),
            "count(requests)": float(measured.requests),
            "rps": measured.requests / seconds if seconds else 0.0,
            "rate(dropped)": arrivals.dropped / arrivals.due if arrivals.due else 0.0,
            "count(dropped)": float(arrivals.dropped),
        }[bound.what]


def count_arrivals(report: Mapping[str, Any], users: set[str]) -> ArrivalCounts:
    """Return what became of the arrivals of these classes, by the report of all processes."""
    told = [arrivals for fared in report.values() for name, arrivals in fared["arrivals"].items() if name in users]
    return ArrivalCounts(sum(one["due"] for one in told), sum(one["dropped"] for one in told))
