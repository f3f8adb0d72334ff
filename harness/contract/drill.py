"""The shape of `drill.yml`: how a system is run, loaded and broken, as data."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from harness.contract.durations import seconds
from harness.contract.names import UrlPath  # noqa: TC001 - pydantic reads the annotation at run time
from harness.contract.records import Record

Seconds = Annotated[float, BeforeValidator(seconds), Field(gt=0)]


class App(Record):
    """How the app is started.

    In `command` and `environment`, `{port}`, `{clock_rate}` and the name of each fake stand for what the run gives
    them; `python` as the first word is the interpreter that runs promdrill. `port` is the documented one, which
    `up` uses.
    """

    command: tuple[str, ...] = Field(min_length=1)
    port: int = Field(gt=0, lt=65536)
    ready: UrlPath = "/health"
    environment: dict[str, str] = Field(default_factory=dict)
    clock_rate: float = Field(default=1.0, gt=0)
    mutants: str | None = None


class Fakes(Record):
    """Which fakes run, and the configuration that they start with (latencies, models, faults of the healthy run)."""

    serve: tuple[Literal["ollama", "elevenlabs", "piper", "gtts", "s3"], ...] = ()
    config: dict[str, Any] = Field(default_factory=dict)


class Scraping(Record):
    """Prometheus' rhythm in a drill, in real seconds."""

    scrape_interval: Seconds = 0.25
    evaluation_interval: Seconds = 0.25


class Users(Record):
    """One class of Locust users: how many at once, how often each acts, and how many actions make a short run."""

    users: int = Field(gt=0)
    every: Seconds
    count: int = Field(gt=0)


class Phase(Record):
    """One stretch of a drill. It lasts `for` seconds, or until an alert's notification of this state has arrived.

    `faults` are active during the phase. A phase that waits ends by its alert's deadline at the latest.
    """

    name: str
    for_: Seconds | None = Field(default=None, alias="for")
    until: Literal["firing", "resolved"] | None = None
    alert: str | None = None
    faults: tuple[str, ...] = ()


class Drill(Record):
    """How one system is drilled: app, fakes, load, phases and faults."""

    app: App
    fakes: Fakes = Fakes()
    prometheus: Scraping = Scraping()
    load: dict[str, Users] = Field(min_length=1)
    phases: tuple[Phase, ...] = Field(min_length=1)
    faults: dict[str, dict[str, Any]] = Field(default_factory=dict)
