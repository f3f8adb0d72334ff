"""Counts and latency histograms of a load while it goes on, one for each action of each class of users.

Locust rounds its percentiles to two figures. An HdrHistogram keeps three (https://hdrhistogram.org), in a size that
does not grow with the load, and those of several processes add up to what one would have had.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]  # it has no types

if TYPE_CHECKING:
    from collections.abc import Mapping

# From a microsecond to an hour, to three figures.
SHORTEST, LONGEST, FIGURES = 1, 3_600_000_000, 3
# An HdrHistogram of three figures tells values apart by their first 11 bits.
BUCKET_BITS = 11
MICROSECONDS = 1e6


class Latencies:
    """A distribution of seconds: recorded, added up, and asked for percentiles."""

    def __init__(self) -> None:
        self._known = HdrHistogram(SHORTEST, LONGEST, FIGURES)
        # What is not in it yet, by its bucket's lowest value: to record at once takes a hundredth of a request's time.
        self._new: dict[int, int] = {}
        # Their sum, exactly, where they were recorded here: from a histogram it is rounded, and takes long to add up.
        self._sum: float | None = 0.0

    def record(self, seconds: float) -> None:
        """Add one value; below a microsecond and above an hour it counts as these."""
        if self._sum is not None:
            self._sum += seconds
        value = int(seconds * MICROSECONDS + 0.5)
        if not SHORTEST <= value <= LONGEST:
            value = min(LONGEST, max(SHORTEST, value))
        if (coarse := value.bit_length() - BUCKET_BITS) > 0:
            value = value >> coarse << coarse
        self._new[value] = self._new.get(value, 0) + 1

    @property
    def _histogram(self) -> HdrHistogram:
        new, self._new = self._new, {}
        for value, count in new.items():
            self._known.record_value(value, count)
        return self._known

    def add(self, other: Latencies) -> None:
        """Add all values of another distribution."""
        self._sum = None if self._sum is None or other._sum is None else self._sum + other._sum
        self._histogram.add(other._histogram)

    def percentile(self, percent: float) -> float:
        """Return the value in seconds that so many percent do not exceed; 0 where there are none."""
        return float(self._histogram.get_value_at_percentile(percent)) / MICROSECONDS

    def percentiles(self, *percents: float) -> tuple[float, ...]:
        """Return the values of several, in the order in which they are asked for, in one pass."""
        if not self.count:
            return (0.0,) * len(percents)
        found = self._histogram.get_percentile_to_value_dict(percents)
        return tuple(float(found[percent]) / MICROSECONDS for percent in percents)

    @property
    def count(self) -> int:
        """How many values there are."""
        return int(self._histogram.total_count)

    @property
    def seconds(self) -> float:
        """The sum of all values; of what was packed, to as many figures as its histogram has."""
        if self._sum is None:
            return float(self._histogram.get_mean_value()) * self.count / MICROSECONDS
        return self._sum

    @property
    def mean(self) -> float:
        """The mean in seconds; 0 where there are none."""
        return self.seconds / self.count if self.count else 0.0

    def pack(self) -> str:
        """Return it in HdrHistogram's own compressed form (V2, base64)."""
        return bytes(self._histogram.encode()).decode()

    @classmethod
    def unpack(cls, text: str) -> Self:
        """Return what was packed, here or by any other HdrHistogram."""
        one = cls()
        one._histogram.decode_and_add(text.encode())
        one._sum = None
        return one


@dataclass
class Measured:
    """What was measured of one kind of request."""

    requests: int = 0
    failures: int = 0
    service: Latencies = field(default_factory=Latencies)
    intended: Latencies = field(default_factory=Latencies)

    def note(self, row: Mapping[str, Any]) -> None:
        """Measure a row of the client's ledger: times are seconds of one clock."""
        self.requests += 1
        self.failures += row["outcome"] != "ok"
        started, finished = row["started"], row["finished"]
        self.service.record(finished - started)
        self.intended.record(finished - row.get("due", started))

    def add(self, other: Measured) -> None:
        """Add what another one measured."""
        self.requests += other.requests
        self.failures += other.failures
        self.service.add(other.service)
        self.intended.add(other.intended)


Kind = tuple[str, str]


class Meter:
    """Measures requests by class of users and action."""

    def __init__(self) -> None:
        self.kinds: dict[Kind, Measured] = defaultdict(Measured)

    def note(self, row: Mapping[str, Any]) -> None:
        """Measure a row of the client's ledger."""
        self.kinds[row["user"], row["action"]].note(row)

    def add(self, other: Meter) -> None:
        """Add what another process measured."""
        for kind, measured in other.kinds.items():
            self.kinds[kind].add(measured)

    def pack(self) -> list[dict[str, Any]]:
        """Return all of it as JSON values."""
        return [
            {
                "user": user,
                "action": action,
                "requests": measured.requests,
                "failures": measured.failures,
                "service": measured.service.pack(),
                "intended": measured.intended.pack(),
            }
            for (user, action), measured in self.kinds.items()
        ]

    @classmethod
    def unpack(cls, kinds: list[dict[str, Any]]) -> Self:
        """Return what `pack` gave."""
        meter = cls()
        for one in kinds:
            service, intended = Latencies.unpack(one["service"]), Latencies.unpack(one["intended"])
            meter.kinds[one["user"], one["action"]] = Measured(one["requests"], one["failures"], service, intended)
        return meter
