"""Promises in numbers: metrics, queries, costs, invariants and thresholds."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from promdrill.contract.errata import Truth, Weights
from promdrill.contract.names import LabelName, SourceRef
from promdrill.contract.record import Record
from promdrill.contract.witness import Bounds, Prices, Selection

Labels = dict[LabelName, Annotated[tuple[str, ...], Field(min_length=1)]]
Buckets = Annotated[tuple[float, ...], Field(min_length=1)]

_LIMIT = re.compile(r"(?P<operator>[<>]=?)\s*(?P<number>-?\d+(\.\d+)?)")


def _limit(text: str) -> str:
    if not _LIMIT.fullmatch(text):
        raise ValueError("a limit is an operator and a number, for example > 95")
    return text


# What a number must be: `> 95`.
Limit = Annotated[str, AfterValidator(_limit)]


def _check_type(kind: object) -> object:
    if kind not in {"counter", "histogram"}:
        raise ValueError("the type of a metric is counter, histogram or gauge")
    return kind


class Metric(Record):
    """One documented counter or histogram. `labels` gives each label's allowed values.

    A counter grows by what its witness counts or adds up. A histogram observes each row of its witness once: no less
    than the row lasted (what the fake served) and no more than the client's entry of the same trace (what it waited).
    Without a witness nothing can be said of its values.
    """

    type: Annotated[Literal["counter", "histogram"], BeforeValidator(_check_type)]
    labels: Labels = Field(default_factory=dict)
    buckets: Buckets | None = None
    witness: Selection | None = None
    source: SourceRef

    @model_validator(mode="after")
    def _buckets_of_a_histogram(self) -> Metric:
        if self.buckets and self.type == "counter":
            raise ValueError("a counter has no buckets")
        return self


class Gauge(Record):
    """One documented gauge: at every scrape between its two witnesses, and after the drain what it was before.

    `reaches` is how many the load has at once for certain: the gauge must have said so at some scrape.
    """

    type: Literal["gauge"]
    labels: Labels = Field(default_factory=dict)
    witness: Bounds | None = None
    returns: bool = True
    reaches: int | None = Field(default=None, gt=0)
    source: SourceRef


def _tag(data: Any) -> str:  # noqa: ANN401 - whatever the YAML holds
    kind = data.get("type") if isinstance(data, dict) else getattr(data, "type", None)
    return "gauge" if kind == "gauge" else "metric"


AnyMetric = Annotated[Annotated[Metric, Tag("metric")] | Annotated[Gauge, Tag("gauge")], Discriminator(_tag)]


class Query(Record):
    """A documented PromQL query and the labels that its answer carries."""

    expr: str
    labels: tuple[LabelName, ...] = ()
    source: SourceRef


class Cost(Record):
    """A documented price: `dollars` for each `per` units, where units are a weighted sum of metrics' witnesses.

    `prices` gives dollars by the value of one label instead. `estimate` marks an expression over `increase()`, which
    Prometheus extrapolates to the edges of its window. `subject` is the claim's, where that is not the expression.
    """

    expr: str
    subject: str = ""
    units: Weights
    dollars: float | None = None
    prices: Prices | None = None
    per: float = Field(gt=0)
    where: dict[str, str] = Field(default_factory=dict)
    estimate: bool = False
    source: SourceRef

    @model_validator(mode="after")
    def _one_price(self) -> Cost:
        if (self.dollars is None) == (self.prices is None):
            raise ValueError("a cost has either dollars or prices")
        return self

    @property
    def claim_subject(self) -> str:
        """The claim's subject."""
        return self.subject or self.expr

    @property
    def truth(self) -> Truth:
        """The price in dollars by label set, as the ledgers give it; with `prices`, the units over `per`."""
        return Truth(of=self.units, times=(self.dollars or 1.0) / self.per, where=self.where)


class Invariant(Record):
    """A comparison that holds for every series at every scrape, written as PromQL."""

    expr: str
    source: SourceRef


class Threshold(Record):
    """A documented indicator: what it must be on healthy load, when to alert on it, and the rule that does."""

    expr: str
    target: Limit | None = None
    alert: Limit | None = None
    guard: str | None = None
    source: SourceRef
