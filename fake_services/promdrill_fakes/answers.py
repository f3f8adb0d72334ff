"""What the control plane answers, as records: for its description, and for its client."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from promdrill_fakes.definition import Value
from promdrill_fakes.journal import Outcome
from promdrill_fakes.services import ServiceName


class Answered(BaseModel):
    """Something that the control plane tells. What depends on the service stands in `model_extra`."""

    model_config = ConfigDict(extra="allow", frozen=True)

    __pydantic_extra__: dict[str, Value]


class Entry(Answered):
    """One attempt in the journal, with the columns of its service."""

    seq: int
    service: ServiceName
    route: str
    trace: str | None
    trace_id: str | None
    test: str | None
    operation: str
    status: int
    outcome: Outcome
    error: str | None
    fault: str | None
    started: float
    finished: float
    latency: float
    latency_served: float


class Group(Answered):
    """What the ledger counts by, with the keys of the service."""

    service: ServiceName
    route: str
    outcome: Outcome
    fault: str | None


class Count(Group):
    """How many attempts there were of a group."""

    count: int


class Ledger(BaseModel):
    """The exact counts, and how late the fakes' event loop was at worst, in seconds."""

    in_flight: int
    entries: int
    counts: tuple[Count, ...]
    event_loop_lag_max: float


class Seconds(Group):
    """The seconds of each attempt of a group, in order of finishing."""

    latency: tuple[float, ...]
    latency_served: tuple[float, ...]
    served: tuple[float, ...]


class Durations(BaseModel):
    """The seconds of all attempts."""

    durations: tuple[Seconds, ...]


class Problem(BaseModel):
    """One thing wrong with what was asked, and where."""

    path: str
    message: str


class Refusal(BaseModel):
    """All that is wrong with what was asked; nothing was changed."""

    errors: tuple[Problem, ...]
