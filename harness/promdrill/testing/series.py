"""Expectations on the series of a metric: counters, histograms and gauges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill.errors import UsageError, did_you_mean
from promdrill.evidence.increase import Increase, same
from promdrill.evidence.ledger import LabelSet, format_labels, label_set
from promdrill.testing.ledger import Ledger
from promdrill.testing.metrics_client import UNTYPED, MetricsClient
from promdrill.testing.polling import decide, number, table
from promdrill.testing.scrapes import ENOUGH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from promdrill.testing.scrapes import Scrapes

# How an expectation begins by the type of its metric; where it is another, as that of a gauge.
WORDS = {"counter": "counter", "histogram": "histogram", "summary": "histogram"}


@dataclass(frozen=True)
class Chosen:
    """The series of a metric that have certain labels; `name` is that of its samples, where it is another."""

    metrics: MetricsClient
    metric: str
    labels: Mapping[str, str]
    types: frozenset[str]
    name: str

    def __str__(self) -> str:
        return self.name + format_labels(label_set(self.labels))

    def among(self, found: Mapping[LabelSet, float]) -> dict[LabelSet, float]:
        """Return those of all series that are meant."""
        return {labels: value for labels, value in found.items() if self.labels.items() <= dict(labels).items()}

    def strange(self, found: Iterable[LabelSet]) -> str:
        """Return what is wrong with the names that were given, by the series that there are and the contract."""
        found, kinds = list(found), self.metrics.types()
        kind = kinds.get(self.metric, UNTYPED)
        if kind not in {UNTYPED, *self.types}:
            return f"{self.metric} is a {kind}: say .{WORDS.get(kind, 'gauge')}({self.metric!r}, …)"
        if not found and self.metric not in kinds:
            nearest = did_you_mean(self.metric, kinds)
            return f"the app exposes no metric {self.metric!r}{nearest}, but {len(kinds)} others"
        promised = self.metrics.running.scenario.contract.metrics.get(self.metric)
        documented = promised.labels if promised else {}
        names = {label for labels in found for label, _ in labels} | set(documented)
        for label, value in self.labels.items():
            if names and label not in names:
                return f"{self.metric} has no label {label!r}{did_you_mean(label, names)}: {', '.join(sorted(names))}"
            values = {dict(labels)[label] for labels in found if label in dict(labels)} | set(documented.get(label, ()))
            if label in documented and value not in values:
                known = ", ".join(map(repr, sorted(values)))
                return f"{self.metric} has no {label} {value!r}{did_you_mean(value, values)}: {known}"
        return ""


@dataclass(frozen=True)
class Growing:
    """What counts up, in the sum of all series that have the labels."""

    chosen: Chosen

    def check(
        self, complaint: Callable[[dict[LabelSet, float]], str], scraped: Callable[[], float], within: float
    ) -> None:
        """Decide by what the series have grown by since the test began, when they have been `scraped`."""
        __tracebackhide__ = True

        def look() -> str:
            growth = self.chosen.metrics.growth(self.chosen.name, scraped())
            if strange := self.chosen.strange(growth):
                return strange
            said = complaint(self.chosen.among({labels: one.value for labels, one in growth.items()}))
            return said and f"{self.chosen} {said}{self.describe(growth)}"

        decide(look, within)

    def check_sum(self, holds: Callable[[float], bool], expected: str, within: float) -> None:
        """Decide by the sum of it, once the fakes are idle."""
        __tracebackhide__ = True

        def complaint(seen: dict[LabelSet, float]) -> str:
            total = sum(seen.values())
            return "" if holds(total) else f"increased by {number(total)}, expected {expected}"

        self.check(complaint, self.scrapes.settled, within)

    @property
    def scrapes(self) -> Scrapes:
        """Those of the app."""
        return self.chosen.metrics.running.scrapes

    def describe(self, growth: Mapping[LabelSet, Increase]) -> str:
        """Return what Prometheus and the ledgers have to say, label set by label set."""
        told = table(
            "Prometheus, since the test began",
            {
                labels: f"+{number(one.value)}{f', {one.resets} resets' * bool(one.resets)}"
                for labels, one in growth.items()
            },
        )
        witness_totals = self.witness_totals()
        if witness_totals is None:
            return told
        return told + table(
            "The fakes, by the witness in the contract", {labels: number(one) for labels, one in witness_totals.items()}
        )

    def witness_totals(self) -> dict[LabelSet, float] | None:
        """Return what the fakes say of it; None where they know nothing."""
        running = self.chosen.metrics.running
        return Ledger(running.stack.control).witness_totals(running.scenario.contract.metrics.get(self.chosen.name))


class Counter(Growing):
    """A counter."""

    def increased_by(self, amount: object, *, within: float = 0.0) -> None:
        """Expect just this increase: a number, or what compares with one, such as `pytest.approx(3)`."""
        __tracebackhide__ = True
        if isinstance(amount, int | float) and amount <= 0:
            raise AssertionError(
                f"{self.chosen} cannot increase by {number(amount)}: use .unchanged() where nothing may happen"
            )
        self.check_sum(lambda seen: _is(seen, amount), number(amount), within)

    def increased(self, *, within: float = 0.0) -> None:
        """Expect any increase; the fakes may be at work."""
        __tracebackhide__ = True
        self.check(
            lambda seen: "" if sum(seen.values()) > 0 else "did not increase", lambda: self.scrapes.next(ENOUGH), within
        )

    def unchanged(self) -> None:
        """Expect no increase."""
        __tracebackhide__ = True
        self.check_sum(lambda seen: seen == 0, "none", 0.0)

    def agrees_with_ledger(self, *, within: float = 0.0) -> None:
        """Expect the increase that the contract's witness saw, label set by label set, and not nothing at all."""
        __tracebackhide__ = True
        if self.witness_totals() is None:
            raise UsageError(
                f"{self.chosen.name} has no witness among the fakes in contract.yml: use .increased_by(…) with the"
                " number that the test has caused"
            )

        def complaint(seen: dict[LabelSet, float]) -> str:
            want = self.chosen.among(self.witness_totals() or {})
            if not any(want.values()) and not any(seen.values()):
                return "has nothing to compare: nothing happened that it counts"
            wrong = [one for one in {*want, *seen} if not same(want.get(one, 0.0), seen.get(one, 0.0))]
            return "differs from what the fakes served" if wrong else ""

        self.check(complaint, self.scrapes.settled, within)


@dataclass(frozen=True)
class Histogram:
    """A histogram, or a summary."""

    count: Growing
    sum: Growing

    def observed(self, count: object, *, within: float = 0.0) -> None:
        """Expect so many observations."""
        __tracebackhide__ = True
        self.count.check_sum(lambda seen: _is(seen, count), number(count), within)

    def sum_between(self, low: float, high: float, *, within: float = 0.0) -> None:
        """Expect observations that add up to no less and no more, in the metric's unit."""
        __tracebackhide__ = True
        self.sum.check_sum(lambda seen: low <= seen <= high, f"{number(low)} to {number(high)}", within)


@dataclass(frozen=True)
class Gauge:
    """A gauge: the one series that has the labels."""

    chosen: Chosen

    def equals(self, value: object, *, within: float = 0.0) -> None:
        """Expect just this value: a number, or what compares with one."""
        __tracebackhide__ = True
        self._check(lambda seen, _: _is(seen, value), lambda _: number(value), within)

    def is_between(self, low: float, high: float, *, within: float = 0.0) -> None:
        """Expect a value that is no less and no more."""
        __tracebackhide__ = True
        self._check(lambda seen, _: low <= seen <= high, lambda _: f"{number(low)} to {number(high)}", within)

    def returns_to_start(self, *, within: float = 0.0) -> None:
        """Expect the value that it had when the test began."""
        __tracebackhide__ = True
        self._check(lambda seen, start: seen == start, lambda start: f"{number(start)}, as when the test began", within)

    def _check(
        self, holds: Callable[[float, float | None], bool], expected: Callable[[float | None], str], within: float
    ) -> None:
        __tracebackhide__ = True
        metrics, name = self.chosen.metrics, self.chosen.name

        def look() -> str:
            values = metrics.values(name, metrics.running.scrapes.next(ENOUGH))
            if strange := self.chosen.strange(values):
                return strange
            told = table("Prometheus", {labels: number(value) for labels, value in values.items()})
            seen = self.chosen.among(values)
            if len(seen) != 1:
                return f"{self.chosen} is {len(seen)} series: give the labels of one{told}"
            ((labels, value),) = seen.items()
            start = metrics.values(name, metrics.began).get(labels)
            return "" if holds(value, start) else f"{self.chosen} is {number(value)}, expected {expected(start)}{told}"

        decide(look, within)


def _is(seen: float, wanted: object) -> bool:
    return same(wanted, seen) if isinstance(wanted, int | float) else bool(seen == wanted)
