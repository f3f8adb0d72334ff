"""The shape of `contract.yml`: claims as frozen records, each with the line of the document that makes it."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - pydantic reads the annotation at run time
from collections.abc import Iterator  # noqa: TC003 - the same
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from harness.contract.durations import Duration  # noqa: TC001 - pydantic reads the annotation at run time
from harness.contract.names import Address, LabelName, MetricName, SourceRef

Labels = dict[LabelName, Annotated[tuple[str, ...], Field(min_length=1)]]
Weights = Annotated[dict[str, float], Field(min_length=1)]


class Record(BaseModel):
    """A frozen record that refuses keys it does not know, and numbers that are not finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Claim(Record):
    """What a result answers: its kind and its subject."""

    kind: str
    subject: str


class Selection(Record):
    """Which rows of a ledger bear witness, and what is read from them.

    Rows are the operations of a client (its retries folded into one), every wire attempt with `unit: attempts`, or one
    row for each trace with `unit: traces`. `where` keeps rows whose columns have these values; `by` maps labels to the
    columns that hold their values. Without `sum` rows are counted, with it that column is added up. A row lasts from
    its start to its finish, or as long as the column `seconds` says, in seconds of the app's clock. Columns of the
    client's own entry for the same trace are reached as `client.<column>`.
    """

    ledger: str
    unit: Literal["attempts", "operations", "traces"] = "operations"
    where: dict[str, Any] = {}
    by: dict[str, str] = {}
    sum: str | None = None
    seconds: str | None = None


class Metric(Record):
    """One documented metric. `labels` gives each label's allowed values.

    A counter grows by what its witness counts or adds up. A histogram observes each row of its witness once: no less
    than the row lasted (what the fake served) and no more than the client's entry of the same trace (what it waited).
    """

    type: Literal["counter", "histogram"]
    labels: Labels = {}
    witness: Selection
    source: SourceRef


class Endpoint(Record):
    """An HTTP endpoint that the documents name, with the media type that it answers with."""

    endpoint: str
    content_type: str
    source: SourceRef


class Scrape(Record):
    """The documented address that Prometheus scrapes: `host:port/path`."""

    address: Address
    source: SourceRef


class Query(Record):
    """A documented PromQL query and the labels that its answer carries."""

    expr: str
    labels: tuple[LabelName, ...] = ()
    source: SourceRef


class Truth(Record):
    """A number that the ledgers alone give: `times` x the weighted sum `of` metrics' witnesses, over another such sum.

    Values come out for each label set of the metrics, limited to the labels of `where`.
    """

    of: Weights
    over: dict[str, float] = {}
    times: float = 1.0
    where: dict[str, str] = {}


class Cost(Record):
    """A documented price: `dollars` for each `per` units, where units are a weighted sum of metrics' witnesses.

    `estimate` marks an expression over `increase()`, which Prometheus extrapolates to the edges of its window.
    """

    expr: str
    units: Weights
    dollars: float
    per: float = Field(gt=0)
    where: dict[str, str] = {}
    estimate: bool = False
    source: SourceRef

    @property
    def truth(self) -> Truth:
        """The price in dollars by label set, as the ledgers give it."""
        return Truth(of=self.units, times=self.dollars / self.per, where=self.where)


class Invariant(Record):
    """A comparison that holds for every series at every scrape, written as PromQL."""

    expr: str
    source: SourceRef


class Alert(Record):
    """A documented alert and the phase of the drill that must make it fire."""

    expr: str
    for_: Duration = Field(alias="for")
    severity: str
    annotations: dict[str, str]
    phase: str
    receiver: str
    source: SourceRef


class Helper(Record):
    """A documented instrumentation call: its parameters, one call of it, and what that call adds to which series."""

    parameters: tuple[str, ...]
    call: dict[str, Any]
    context: bool = False
    effect: dict[str, float]
    source: SourceRef


class Helpers(Record):
    """Where the instrumentation interface lives and what it documents."""

    module: str
    registry: str
    interface: dict[str, Helper]


class ReferenceTable(Record):
    """The documents' own table of all metrics, as it stands there."""

    metrics: tuple[str, ...]
    source: SourceRef


class Empty(Record):
    """An expression that returns nothing under load."""

    empty: str


class Data(Record):
    """An expression that returns series under load."""

    data: str


class Value(Record):
    """An expression that tells the truth of the ledgers (as a correction) or does not (as a defect)."""

    expr: str
    truth: Truth


class HelperCall(Record):
    """A call of the instrumentation interface, that adds just this to these series."""

    helper: str
    call: dict[str, Any]
    effect: dict[str, float]


class Missing(Record):
    """The documented metrics that the reference table lacks."""

    missing: tuple[str, ...] = Field(min_length=1)


def _kind(data: Any) -> str | None:  # noqa: ANN401 - whatever the YAML holds
    keys = data if isinstance(data, dict) else ()
    return next((key for key in ("empty", "data", "expr", "helper", "missing") if key in keys), None)


Proof = Annotated[
    Annotated[Empty, Tag("empty")]
    | Annotated[Data, Tag("data")]
    | Annotated[Value, Tag("expr")]
    | Annotated[HelperCall, Tag("helper")]
    | Annotated[Missing, Tag("missing")],
    Discriminator(
        _kind, custom_error_type="proof", custom_error_message="a proof has empty, data, expr, helper or missing"
    ),
]


class Erratum(Record):
    """A claim that the documents get wrong, with the proof of the defect and of its correction."""

    id: str
    claims: tuple[Claim, ...] = Field(min_length=1)
    defect: str
    what: str
    shown_by: Proof
    correction: str
    corrected_by: Proof
    source: SourceRef


class Waiver(Record):
    """A broken promise that is known and tolerated until a date."""

    claim: Claim
    reason: str = Field(min_length=1)
    until: dt.date


class Contract(Record):
    """Everything that the documents of one system promise."""

    system: str
    documents: dict[str, str]
    endpoints: tuple[Endpoint, ...] = ()
    scrape: tuple[Scrape, ...] = ()
    metrics: dict[MetricName, Metric] = {}
    queries: tuple[Query, ...] = ()
    costs: tuple[Cost, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    alerts: dict[str, Alert] = {}
    helpers: Helpers | None = None
    reference_table: ReferenceTable | None = None
    errata: tuple[Erratum, ...] = ()
    waivers: tuple[Waiver, ...] = ()

    def claims(self) -> Iterator[tuple[Claim, SourceRef]]:
        """Yield every claim that must have a result, with its source.

        A metric is two: that it is there (`metric`), and that it counts what happened (`counter`, `histogram`).
        """
        for endpoint in self.endpoints:
            yield Claim(kind="endpoint", subject=endpoint.endpoint), endpoint.source
        for scrape in self.scrape:
            yield Claim(kind="scrape", subject=scrape.address), scrape.source
        for name, metric in self.metrics.items():
            yield Claim(kind="metric", subject=name), metric.source
            yield Claim(kind=metric.type, subject=name), metric.source
        for name, alert in self.alerts.items():
            yield Claim(kind="alert", subject=name), alert.source
        for kind, expressions in (("query", self.queries), ("cost", self.costs), ("invariant", self.invariants)):
            for expression in expressions:
                yield Claim(kind=kind, subject=expression.expr), expression.source
        for name, helper in (self.helpers.interface if self.helpers else {}).items():
            yield Claim(kind="helper", subject=name), helper.source
