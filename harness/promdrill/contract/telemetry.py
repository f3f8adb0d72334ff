"""What documents promise beside metrics: headers, logs, traces, auto-instrumentation, dashboards, access, retention."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from promdrill.contract.names import LabelName, MetricName, SourceRef
from promdrill.contract.record import Record
from promdrill.contract.witness import Selection
from promdrill.durations import Duration

Names = Annotated[tuple[str, ...], Field(min_length=1)]


class TextClaim(Record):
    """One claim in the documents' words, where its subject is no name."""

    subject: str
    source: SourceRef


class NamesClaim(TextClaim):
    """A claim about a list of names."""

    names: Names


class Header(Record):
    """A header of every response. `honoured`: one that the client sends comes back unchanged."""

    header: str
    honoured: bool = False
    source: SourceRef


class Secrets(TextClaim):
    """Texts that the users send and that the log must never hold."""

    planted: Names


class Logs(Record):
    """The log: where it lies below the app's working folder, and what is promised of its lines."""

    path: str
    file: TextClaim
    fields: NamesClaim
    levels: NamesClaim
    secrets: Secrets

    @property
    def claims(self) -> tuple[TextClaim, ...]:
        """All that is promised of the log."""
        return (self.file, self.fields, self.levels, self.secrets)


class Traces(Record):
    """How one request is followed: the header and the log field that carry its trace id.

    `concurrency` is the number of requests at once that the load must have reached.
    """

    header: str
    field: str
    concurrency: int = Field(gt=0)
    one: TextClaim
    lines: TextClaim
    calls: TextClaim
    journey: TextClaim

    @property
    def claims(self) -> tuple[TextClaim, ...]:
        """All that is promised of following a request."""
        return (self.one, self.lines, self.calls, self.journey)


class Otel(TextClaim):
    """A histogram of OpenTelemetry's auto-instrumentation; `per_second` is how many of its units make a second.

    `exceptions` are the labels under which unhandled exceptions appear.
    """

    metric: MetricName
    per_second: float = Field(default=1.0, gt=0)
    witness: Selection
    exceptions: dict[LabelName, str] = Field(default_factory=dict)


class Security(TextClaim):
    """An endpoint that asks for the bearer token of the drill's `app.token`."""

    endpoint: str


class Retention(TextClaim):
    """How long Prometheus keeps samples: by default, and with the flag that the drill gives it."""

    default: Duration
    flag: Duration


class Panel(Record):
    """A documented panel: the dashboard (its file's stem), the row if any, and the title that it has there."""

    panel: str
    dashboard: str
    row: str | None = None
    title: str
    source: SourceRef


class DashboardSettings(TextClaim):
    """What the documents say of a dashboard as a whole. `from` is Grafana's own notation, such as now-15m."""

    dashboard: str
    refresh: str
    from_: str = Field(alias="from")
    tags: tuple[str, ...] = ()
