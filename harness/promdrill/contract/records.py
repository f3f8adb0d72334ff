"""The shape of `contract.yml`: claims as frozen records, each with the line of the document that makes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator  # noqa: TC003 - it is what a method yields
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from promdrill import conventions
from promdrill.contract.errata import (
    Alerting,
    Data,
    DeadLinks,
    Delay,
    Empty,
    Erratum,
    HelperCall,
    Listing,
    Missing,
    Proof,
    Truth,
    Unit,
    Value,
)
from promdrill.contract.metrics import AnyMetric, Cost, Gauge, Invariant, Limit, Metric, Query, Threshold
from promdrill.contract.names import Address, MetricName, SourceRef
from promdrill.contract.record import Claim, Record
from promdrill.contract.telemetry import (
    DashboardSettings,
    Header,
    Logs,
    Otel,
    Panel,
    Retention,
    Security,
    TextClaim,
    Traces,
)
from promdrill.contract.witness import Bounds, Live, Selection
from promdrill.durations import Duration


def _several(written: object) -> object:
    """Take one name for a list of one."""
    return (written,) if isinstance(written, str) else written


Receivers = Annotated[tuple[str, ...], BeforeValidator(_several)]


class Endpoint(Record):
    """An HTTP endpoint that the documents name, the media type of its answer, and dotted keys that its JSON has."""

    endpoint: str
    content_type: str
    has: tuple[str, ...] = ()
    source: SourceRef


class Scrape(Record):
    """The documented address that Prometheus scrapes, `host:port/path`, and how its documented configuration does it.

    `config` names a Prometheus configuration beside the rules, which a user can run as it is.
    """

    address: Address
    subject: str = ""
    every: Duration | None = None
    job: str = conventions.APP_JOB
    itself: bool = False
    retention: Duration | None = None
    config: str | None = None
    source: SourceRef

    @model_validator(mode="after")
    def _check_settings(self) -> Scrape:
        if self.every and not self.config:
            raise ValueError("`every` needs the documented configuration: name its file as `config`")
        if self.job == conventions.OWN_JOB:
            raise ValueError(f"the job {self.job} is Prometheus' own")
        return self

    @property
    def claim_subject(self) -> str:
        """The claim's subject: the documents' own words, or the address."""
        return self.subject or self.address


class Alert(Record):
    """An alert and the phase of the drill that must make it fire.

    Without a phase it cannot be shown as documented, and an erratum claims it. `documented: false` marks a rule of our
    own: drilled like the others, and no claim of the documents. `receiver` names all who are to be told.
    """

    expr: str
    for_: Duration = Field(default="0s", alias="for")
    severity: str
    annotations: dict[str, str] = Field(default_factory=dict)
    phase: str | None = None
    receiver: Receivers = ()
    documented: bool = True
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
    """The documents' own tables of all metrics and all alert rules, as they stand there."""

    metrics: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
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
    metrics: dict[MetricName, AnyMetric] = Field(default_factory=dict)
    queries: tuple[Query, ...] = ()
    costs: tuple[Cost, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    thresholds: dict[str, Threshold] = Field(default_factory=dict)
    alerts: dict[str, Alert] = Field(default_factory=dict)
    panels: tuple[Panel, ...] = ()
    dashboard_settings: tuple[DashboardSettings, ...] = ()
    helpers: Helpers | None = None
    headers: tuple[Header, ...] = ()
    logs: Logs | None = None
    traces: Traces | None = None
    otel: tuple[Otel, ...] = ()
    security: tuple[Security, ...] = ()
    retention: tuple[Retention, ...] = ()
    reference_table: ReferenceTable | None = None
    errata: tuple[Erratum, ...] = ()
    waivers: tuple[Waiver, ...] = ()

    @property
    def drilled_alerts(self) -> dict[str, Alert]:
        """The alerts that the drill makes fire, ours among them."""
        return {name: alert for name, alert in self.alerts.items() if alert.phase}

    @property
    def watched_headers(self) -> list[str]:
        """The headers that the clients' ledger keeps, in lower case: those that the documents name."""
        named = [header.header for header in self.headers] + ([self.traces.header] if self.traces else [])
        return sorted({"x-request-id", *(name.lower() for name in named)})

    @property
    def client_times(self) -> list[str]:
        """The columns of the clients' ledger that hold times: those of every row, and those that gauges go by."""
        bounds = [metric.witness for metric in self.metrics.values() if isinstance(metric.witness, Bounds)]
        named = {
            column.removeprefix(f"{conventions.CLIENT_LEDGER}.")
            for live in (one for both in bounds for one in (both.at_least, both.at_most))
            for column in (live.since, live.until)
            if live.ledger == conventions.CLIENT_LEDGER or column.startswith(f"{conventions.CLIENT_LEDGER}.")
        }
        return sorted({"due", "started", "finished", *named})

    def claims(self) -> Iterator[tuple[Claim, SourceRef]]:
        """Yield every claim that must have a result, with its source.

        A metric is two: that it is there (`metric`), and that it counts what happened (its type's kind).
        """
        for kind, subject, source in self._subjects():
            yield Claim(kind=kind, subject=subject), source

    def _subjects(self) -> Iterator[tuple[str, str, SourceRef]]:
        yield from (("endpoint", one.endpoint, one.source) for one in self.endpoints)
        yield from (("scrape", one.claim_subject, one.source) for one in self.scrape)
        for name, metric in self.metrics.items():
            yield from ((kind, name, metric.source) for kind in ("metric", metric.type))
        yield from (("threshold", name, threshold.source) for name, threshold in self.thresholds.items())
        yield from (("alert", name, alert.source) for name, alert in self.alerts.items())
        yield from (("query", query.expr, query.source) for query in self.queries)
        yield from (("cost", cost.claim_subject, cost.source) for cost in self.costs)
        yield from (("invariant", invariant.expr, invariant.source) for invariant in self.invariants)
        yield from (("panel", panel.panel, panel.source) for panel in self.panels)
        yield from (("header", header.header, header.source) for header in self.headers)
        spoken: dict[str, tuple[TextClaim, ...]] = {
            "panel": self.dashboard_settings,
            "log": self.logs.claims if self.logs else (),
            "trace": self.traces.claims if self.traces else (),
            "otel": self.otel,
            "security": self.security,
            "retention": self.retention,
        }
        for kind, said in spoken.items():
            yield from ((kind, one.subject, one.source) for one in said)
        interface = self.helpers.interface if self.helpers else {}
        yield from (("helper", name, helper.source) for name, helper in interface.items())


__all__ = [
    "Alert",
    "Alerting",
    "AnyMetric",
    "Bounds",
    "Claim",
    "Contract",
    "Cost",
    "DashboardSettings",
    "Data",
    "DeadLinks",
    "Delay",
    "Empty",
    "Endpoint",
    "Erratum",
    "Gauge",
    "Header",
    "Helper",
    "HelperCall",
    "Helpers",
    "Invariant",
    "Limit",
    "Listing",
    "Live",
    "Logs",
    "Metric",
    "Missing",
    "Otel",
    "Panel",
    "Proof",
    "Query",
    "Record",
    "ReferenceTable",
    "Retention",
    "Scrape",
    "Security",
    "Selection",
    "Threshold",
    "Traces",
    "Truth",
    "Unit",
    "Value",
    "Waiver",
]
