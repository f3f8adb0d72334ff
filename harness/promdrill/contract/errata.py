"""Errata: what the documents get wrong, how the defect shows on the running system, and how its correction does."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from promdrill import conventions
from promdrill.contract.names import SourceRef
from promdrill.contract.record import Claim, Record
from promdrill.durations import Duration

Weights = Annotated[dict[str, float], Field(min_length=1)]
Names = Annotated[tuple[str, ...], Field(min_length=1)]


class Truth(Record):
    """A number that the ledgers alone give: `times` x the weighted sum `of` metrics' witnesses, over another such sum.

    Values come out for each label set of the metrics, limited to the labels of `where`.
    """

    of: Weights
    over: dict[str, float] = Field(default_factory=dict)
    times: float = 1.0
    where: dict[str, str] = Field(default_factory=dict)


class Empty(Record):
    """An expression that returns nothing at the end of a phase."""

    empty: str
    at: str = conventions.BASELINE


class Data(Record):
    """An expression that returns series at the end of a phase."""

    data: str
    at: str = conventions.BASELINE


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
    """Metrics or alerts of this contract that the documents' own table lacks."""

    missing: Names


class Alerting(Record):
    """Alerts that all fire in a phase, and alerts that are neither pending nor firing in all of it."""

    firing: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    at: str

    @model_validator(mode="after")
    def _says_something(self) -> Alerting:
        if not self.firing and not self.silent:
            raise ValueError("name at least one alert that fires or stays silent")
        return self


class Delay(Record):
    """How long an alert takes from the start of a phase to firing, in the rule's own time."""

    alert: str
    since: str
    at_least: Duration | None = None
    at_most: Duration | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> Delay:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give either at_least or at_most")
        return self


class Listing(Record):
    """A number that the documents state, and the names that they list under it: a defect where the two differ."""

    stated: int
    listed: Names


class DeadLinks(Record):
    """Targets of links in the documents that are not there."""

    dead_links: Names


class Unit(Record):
    """A metric's name and its unit: a defect where the name does not end in one (before `_total`)."""

    unit_of: str


_PROOFS = {
    "empty": Empty,
    "data": Data,
    "expr": Value,
    "helper": HelperCall,
    "missing": Missing,
    "firing": Alerting,
    "silent": Alerting,
    "alert": Delay,
    "stated": Listing,
    "dead_links": DeadLinks,
    "unit_of": Unit,
}


def _kind(data: Any) -> str | None:  # noqa: ANN401 - whatever the YAML holds
    if isinstance(data, Record):
        return type(data).__name__
    keys = data if isinstance(data, dict) else ()
    return next((proof.__name__ for key, proof in _PROOFS.items() if key in keys), None)


Proof = Annotated[
    Annotated[Empty, Tag("Empty")]
    | Annotated[Data, Tag("Data")]
    | Annotated[Value, Tag("Value")]
    | Annotated[HelperCall, Tag("HelperCall")]
    | Annotated[Missing, Tag("Missing")]
    | Annotated[Alerting, Tag("Alerting")]
    | Annotated[Delay, Tag("Delay")]
    | Annotated[Listing, Tag("Listing")]
    | Annotated[DeadLinks, Tag("DeadLinks")]
    | Annotated[Unit, Tag("Unit")],
    Discriminator(
        _kind,
        custom_error_type="proof",
        custom_error_message=f"a proof has one of {', '.join(_PROOFS)}",
    ),
]


class Erratum(Record):
    """A claim that the documents get wrong, with the proof of the defect and of its correction.

    Only a defect whose cure is to delete the passage has no proof of a correction.
    """

    id: str
    claims: tuple[Claim, ...] = ()
    defect: str
    what: str
    shown_by: Proof
    correction: str
    corrected_by: Proof | None = None
    source: SourceRef
