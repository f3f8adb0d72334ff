"""Expectations on what Prometheus answers, and on what its rules make of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from promdrill import wait
from promdrill.alerts.deadlines import notice_seconds
from promdrill.errors import did_you_mean
from promdrill.evidence.increase import own_labels
from promdrill.evidence.ledger import format_labels, label_set
from promdrill.evidence.prometheus_api import QueryError
from promdrill.rules.compress import expression
from promdrill.testing.polling import decide, number, table
from promdrill.testing.scrapes import ENOUGH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promdrill.evidence.prometheus_api import Series
    from promdrill.rules.rulefile import Rule
    from promdrill.testing.metrics_client import MetricsClient


@dataclass(frozen=True)
class Query:
    """A query in PromQL, asked after two more scrapes."""

    metrics: MetricsClient
    expr: str

    def returns(self, value: object, *, within: float = 0.0) -> None:
        """Expect one series, or a scalar, with this value: a number, or what compares with one."""
        __tracebackhide__ = True
        self._check(number(value), lambda found: len(found) == 1 and found[0].value == value, within)

    def is_between(self, low: float, high: float, *, within: float = 0.0) -> None:
        """Expect one series, or a scalar, that is no less and no more."""
        __tracebackhide__ = True
        expected = f"{number(low)} to {number(high)}"
        self._check(expected, lambda found: len(found) == 1 and low <= found[0].value <= high, within)

    def is_empty(self, *, within: float = 0.0) -> None:
        """Expect no series."""
        __tracebackhide__ = True
        self._check("nothing", lambda found: not found, within)

    def _check(self, expected: str, holds: Callable[[tuple[Series, ...]], bool], within: float) -> None:
        __tracebackhide__ = True

        def look() -> str:
            try:
                found = self.metrics.at(self.expr, self.metrics.running.scrapes.next(ENOUGH)).series
            except QueryError as error:
                return f"Prometheus refuses the query {self.expr}\n{error}"
            return "" if holds(found) else f"expected {expected} of the query {self.expr}{_answer(found)}"

        decide(look, within)


@dataclass(frozen=True)
class Alert:
    """An alert by its rule, which lives in compressed time; the instances that have the labels."""

    metrics: MetricsClient
    name: str
    labels: Mapping[str, str]

    def __str__(self) -> str:
        return self.name + format_labels(label_set(self.labels))

    def fires(self, *, within: float | None = None) -> None:
        """Expect it to have fired since the test began: within as long as its windows and its `for` can take."""
        __tracebackhide__ = True
        rule, running = self._rule(), self.metrics.running
        if within is None:
            within = notice_seconds(self.name, running.scenario, running.compressed)
        if self._instances("firing", self.metrics.at(self._selector, self.metrics.began).series):
            raise AssertionError(f"{self} was firing when the test began: end the test before with .is_inactive()")

        def look() -> str:
            if self._instances("firing", self.metrics.since(self._selector, time.time())):
                return ""
            return f"{self} did not fire within {number(within)} s{self._describe(rule)}"

        decide(look, within)

    def is_inactive(self, *, within: float = 0.0) -> None:
        """Expect it neither to fire nor to be pending, by an evaluation after two more scrapes."""
        __tracebackhide__ = True
        rule = self._rule()

        def look() -> str:
            found = self.metrics.at(self._selector, self._evaluation_time()).series
            states = [state for state in ("firing", "pending") if self._instances(state, found)]
            return f"{self} is {states[0]}{self._describe(rule)}" if states else ""

        decide(look, within)

    @property
    def _selector(self) -> str:
        return f'ALERTS{{alertname="{self.name}"}}'

    def _instances(self, state: str, found: tuple[Series, ...]) -> list[Series]:
        wanted = {**self.labels, "alertstate": state}
        return [one for one in found if wanted.items() <= dict(one.labels).items()]

    def _rule(self) -> Rule:
        __tracebackhide__ = True
        alerts = {rule.alert: rule for rule in self.metrics.running.scenario.rules if rule.alert}
        if self.name not in alerts:
            known = ", ".join(sorted(alerts)) or "the system has no rules"
            raise AssertionError(f"there is no alert {self.name!r}{did_you_mean(self.name, alerts)}: {known}")
        return alerts[self.name]

    def _evaluation_time(self) -> float:
        """Return a time at which the rule has been evaluated on what the app exposes now."""
        running = self.metrics.running
        scraped = running.scrapes.next(ENOUGH)

        def look() -> float:
            rules = running.stack.prometheus.rules()
            evaluated = min(_epoch(rule["lastEvaluation"]) for rule in rules if rule["name"] == self.name)
            if evaluated <= scraped:
                raise wait.NotYet(f"last evaluated {scraped - evaluated:.3f} s before the scrape")
            return time.time()

        return running.scrapes.until(look, f"{self.name} evaluated")

    def _describe(self, rule: Rule) -> str:
        compressed = self.metrics.running.compressed
        factor = compressed.factors[self.name]
        expr = expression(rule.expr, factor)
        left = compressed.uncompressed.get(self.name)
        times = f"left uncompressed: {left}" if left else f"its times divided by {number(factor)}"
        told = f"\n\nThe rule (for: {rule.for_}), {times}:\n  {expr}"
        return told + _answer(self.metrics.query(expr).series)


def _answer(found: tuple[Series, ...]) -> str:
    return table("Prometheus answers", {own_labels(one.labels): number(one.value) for one in found})


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
