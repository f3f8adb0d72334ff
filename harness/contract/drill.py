"""The shape of `drill.yml`: how a system is run, loaded and broken, as data."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from harness.contract.durations import Duration, seconds
from harness.contract.names import UrlPath
from harness.contract.record import Record

Seconds = Annotated[float, BeforeValidator(seconds), Field(gt=0)]
WORK = "{work}"


class App(Record):
    """How the app is started: by a command, from a container image, or not at all where it has an address already.

    In `command`, `environment` and `directory`, `{port}`, `{work}` (a folder of this run), `{clock_rate}`,
    `{calendar_rate}`, `{token}` and the name of each fake stand for what the run gives them; `python` as the first word
    is the interpreter that runs promdrill. `port` is the documented one, which `up` uses. `token` is the bearer token
    of the metrics endpoint.
    """

    command: tuple[str, ...] = ()
    image: str | None = None
    address: str | None = Field(default=None, pattern=r"^https?://[^/\s]+:\d+$")
    port: int = Field(gt=0, lt=65536)
    directory: str | None = None
    ready: UrlPath = "/health"
    environment: dict[str, str] = Field(default_factory=dict)
    clock_rate: float = Field(default=1.0, gt=0)
    calendar_rate: float = Field(default=1.0, gt=0)
    token: str | None = None
    mutants: str | None = None

    @model_validator(mode="after")
    def _one_way_to_start(self) -> App:
        if sum(map(bool, (self.command and not self.image, self.image, self.address))) != 1:
            raise ValueError("the app has one of command, image (with or without a command) and address")
        return self


Fake = Literal["ollama", "elevenlabs", "piper", "gtts", "s3"]


class Fakes(Record):
    """Which fakes run, and the configuration that they start with (latencies, models, faults of the healthy run).

    `ports` are those of an app that runs already and calls them there; a fake without one has any free port.
    """

    serve: tuple[Fake, ...] = ()
    ports: dict[Fake, Annotated[int, Field(gt=0, lt=65536)]] = Field(default_factory=dict)
    config: dict[str, Any] = Field(default_factory=dict)


class Scraping(Record):
    """Prometheus' rhythm in a drill, in real seconds, and how long it keeps samples (its own default without it)."""

    scrape_interval: Seconds = 0.25
    evaluation_interval: Seconds = 0.25
    retention: Duration | None = None


class Users(Record):
    """One class of Locust users: how many at once, how often each acts, and how many actions make a short run.

    They act in the phases of `during` alone, or in all but those of `pauses_in`.
    """

    users: int = Field(gt=0)
    every: Seconds
    count: int = Field(ge=0)
    during: tuple[str, ...] = ()
    pauses_in: tuple[str, ...] = ()

    def rest_in(self, phase: str) -> bool:
        """Tell whether they do nothing in a phase."""
        return phase in self.pauses_in or (bool(self.during) and phase not in self.during)


class Freeze(Record):
    """The app's processes are stopped, and go on where they were when the fault ends."""

    service: Literal["app"]
    effect: Literal["freeze"]


class LockedDatabase(Record):
    """An SQLite file is locked exclusively for `hold`, again and again, each `every` from the last time."""

    service: Literal["sqlite"]
    file: str
    hold: Seconds
    every: Seconds


# A fault of a fake: the fakes themselves know what it can be (docs/fakes.md).
FakeFault = dict[str, Any]


def _target(data: Any) -> str:  # noqa: ANN401 - whatever the YAML holds
    service = data.get("service") if isinstance(data, dict) else getattr(data, "service", None)
    return str(service) if service in {"app", "sqlite"} else "fake"


AnyFault = Annotated[
    Annotated[Freeze, Tag("app")] | Annotated[LockedDatabase, Tag("sqlite")] | Annotated[FakeFault, Tag("fake")],
    Discriminator(_target),
]


class Phase(Record):
    """One stretch of a drill: `for` seconds, or until notifications of this state have arrived for all its alerts.

    `faults` are active during the phase. A phase that waits ends by its alerts' latest deadline.
    """

    name: str
    for_: Seconds | None = Field(default=None, alias="for")
    until: Literal["firing", "resolved"] | None = None
    alerts: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _one_alert(cls, data: Any) -> Any:  # noqa: ANN401 - whatever the YAML holds
        if isinstance(data, dict) and isinstance(alert := data.get("alert"), str) and "alerts" not in data:
            return {key: value for key, value in data.items() if key != "alert"} | {"alerts": [alert]}
        return data


class Drill(Record):
    """How one system is drilled: app, fakes, load, phases and faults."""

    app: App
    fakes: Fakes = Fakes()
    prometheus: Scraping = Scraping()
    load: dict[str, Users] = Field(min_length=1)
    phases: tuple[Phase, ...] = Field(min_length=1)
    faults: dict[str, AnyFault] = Field(default_factory=dict)

    @property
    def fake_faults(self) -> dict[str, FakeFault]:
        """The faults that strike fakes, by name."""
        return {name: fault for name, fault in self.faults.items() if isinstance(fault, dict)}
