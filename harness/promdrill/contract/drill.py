"""The shape of `drill.yml`: how a system is run, loaded and broken, as data."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from promdrill.contract.load_shape import Gate, Seconds, Users
from promdrill.contract.names import UrlPath
from promdrill.contract.record import Record
from promdrill.contract.silences import Silence
from promdrill.contract.threshold import Threshold
from promdrill.durations import Duration
from promdrill_fakes.catalogue import fakes

WORK = "{work}"


class App(Record):
    """How the app is started: by a command, from a container image, or not at all where it has an address already.

    In `command`, `environment` and `directory`, `{port}`, `{work}` (a folder of this run), `{clock_rate}`,
    `{calendar_rate}`, `{token}` and the name of each fake stand for what the run gives them; `python` as the first word
    is the interpreter that runs promdrill. `port` is the documented one, which `up` uses. `token` is the bearer token
    of the metrics endpoint. `mutants` is the module of the app's mutants, `preload` are modules that are imported once
    for all of them.
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
    preload: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_way_to_start(self) -> App:
        if sum(map(bool, (self.command and not self.image, self.image, self.address))) != 1:
            raise ValueError("the app has one of command, image (with or without a command) and address")
        return self


def _check_fake_name(name: str) -> str:
    # Asked for when a drill is read: a fake of another distribution that cannot be imported is told by a command.
    if name not in fakes():
        *most, last = map(repr, fakes())
        raise PydanticCustomError("unknown_fake", "Input should be {known}", {"known": f"{', '.join(most)} or {last}"})
    return name


Fake = Annotated[str, AfterValidator(_check_fake_name)]


class Fakes(Record):
    """Which fakes run, and the configuration that they start with (latencies, models, faults of the healthy run).

    `ports` are those of an app that runs already and calls them there; a fake without one has any free port.
    `lag_budget` is how late their event loop may be at worst: beyond it they are no witness.
    """

    serve: tuple[Fake, ...] = ()
    ports: dict[Fake, Annotated[int, Field(gt=0, lt=65536)]] = Field(default_factory=dict)
    config: dict[str, Any] = Field(default_factory=dict)
    lag_budget: Seconds = 1.0


class Scraping(Record):
    """Prometheus' rhythm in a drill, in real seconds, and how long it keeps samples (its own default without it)."""

    scrape_interval: Seconds = 0.25
    evaluation_interval: Seconds = 0.25
    retention: Duration | None = None


class Freeze(Record):
    """The app's processes are stopped, and go on where they were when the fault ends."""

    service: Literal["app"]
    effect: Literal["freeze"]


class Cut(Record):
    """Nobody reaches the app over the network, nor it anybody, until the fault ends; in a stack of containers only."""

    service: Literal["app"]
    effect: Literal["cut"]


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
    effect = data.get("effect") if isinstance(data, dict) else getattr(data, "effect", None)
    if service == "app":
        return "cut" if effect == "cut" else "freeze"
    return "sqlite" if service == "sqlite" else "fake"


AnyFault = Annotated[
    Annotated[Freeze, Tag("freeze")]
    | Annotated[Cut, Tag("cut")]
    | Annotated[LockedDatabase, Tag("sqlite")]
    | Annotated[FakeFault, Tag("fake")],
    Discriminator(_target),
]


class Phase(Record):
    """One stretch of a drill: `for` seconds, or until notifications of this state have arrived for all its alerts.

    `faults` are active during the phase. A phase that waits ends by its alerts' latest deadline. `silences` are set at
    its beginning, and ended when they have held their alerts back: then the notification is awaited. `inhibited` names
    alerts that fire too and are not told of, each with the one that inhibits it.
    """

    name: str
    for_: Seconds | None = Field(default=None, alias="for")
    until: Literal["firing", "resolved"] | None = None
    alerts: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    silences: tuple[Silence, ...] = ()
    inhibited: dict[str, str] = Field(default_factory=dict)

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
    thresholds: tuple[Threshold, ...] = ()
    gate: Gate = Gate()

    @property
    def fake_faults(self) -> dict[str, FakeFault]:
        """The faults that strike fakes, by name."""
        return {name: fault for name, fault in self.faults.items() if isinstance(fault, dict)}
