"""The records that travel from a run to its reports. Frozen, and importing nothing of ours."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - a record's types can be asked for at run time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """What a check can say of one claim."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    ERRATUM = "erratum"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Source:
    """The line of a document that makes a claim. `line` counts from 1."""

    document: str
    line: int

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


@dataclass(frozen=True, slots=True)
class Result:
    """One finding of one check about one claim.

    `message` stands alone: it names the subject, what was promised and what was seen. `evidence` holds every variable
    part of the message again, as data. `remedy` says what to do and is empty where nothing is wrong.
    """

    kind: str
    subject: str
    status: Status
    message: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    source: Source | None = None
    remedy: str = ""


States = tuple[tuple[str, float], ...]
# All that is to be seen of an alert; the last is seen in virtual time alone.
OBSERVABLE = ("inactive", "pending", "firing", "notified", "resolved", "resolve-notified", "boundary-probed")


@dataclass(frozen=True, slots=True)
class VirtualLife:
    """What one alert did in virtual time, by its rule as it stands. Times are seconds of the rule's own time.

    `states` holds (state, time) in order, on what the run recorded: healthy load from 0 on, its fault from `cause` to
    `cured`, healthy load again; empty where it could not be tried. `boundary` holds the compared value that is still
    silent, and the one that fires. `unreached` says why either is not there, `broken` what was otherwise than the rule
    has it, `mistake` which mistake of promdrill's own kept it from being tried. `tests` are files of the evidence that
    plain promtool runs.
    """

    states: States = ()
    cause: float = 0.0
    cured: float = 0.0
    boundary: tuple[float, float] | None = None
    broken: str = ""
    unreached: str = ""
    mistake: str = ""
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when something was due, and when it was seen; None where it never was. Seconds from the start of the drill."""

    by: float
    seen: float | None


# What an alert goes through, in order: two states, a notification, its end, and the notification of that.
LIFE_STEPS = ("pending", "firing", "notified", "resolved", "notified of resolved")


@dataclass(frozen=True, slots=True)
class AlertLife:
    """What one alert lived through. Times are seconds from the start of the drill.

    `states` holds (state, time) in order; `notified` maps `firing` and `resolved` to the time when the receiver got
    the notification. `deadlines` holds when it was due at each of `LIFE_STEPS`, as far as that can be said. `phase` is
    to make it fire, or is empty. `virtual` is what it did in virtual time, if that was tried.
    """

    alert: str
    factor: float
    proof: tuple[str, ...]
    states: States
    notified: Mapping[str, float]
    receiver: str
    deadlines: Mapping[str, Deadline] = field(default_factory=dict)
    phase: str = ""
    virtual: VirtualLife | None = None

    @property
    def observed_steps(self) -> tuple[str, ...]:
        """What was seen of the alert, in either proof."""
        virtual = self.virtual or VirtualLife()
        there = {state for state, _ in (*self.states, *virtual.states)}
        there |= {{"firing": "notified", "resolved": "resolve-notified"}[state] for state in self.notified}
        there |= {"boundary-probed"} if virtual.boundary else set()
        return tuple(one for one in OBSERVABLE if one in there)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many claims of the contract have a result, and which have none.

    `undrilled` are the alerts of the rule files that no phase of the drill is to make fire, and no erratum is about.
    """

    claims: int
    checked: int
    gaps: tuple[str, ...] = ()
    undrilled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadSummary:
    """What the load generator did: requests and failures are counts, rps is requests per second of load."""

    requests: int
    failures: int
    rps: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """All results of one system's run and what follows from them.

    `short` tells that the load was bounded by count and alerts were left out; `mutant` is how the app, or its rules,
    were broken; `stack` is what the parts were, `processes` or `containers`; empty where none ran.
    """

    system: str
    status: Status
    seconds: float
    versions: Mapping[str, str]
    results: tuple[Result, ...]
    alerts: tuple[AlertLife, ...]
    coverage: Coverage
    load: LoadSummary
    evidence: str = ""
    seed: int = 1
    short: bool = False
    mutant: str | None = None
    stack: str = ""

    def having(self, status: Status) -> tuple[Result, ...]:
        """Return the results of one status, in the order in which the checks gave them."""
        return tuple(result for result in self.results if result.status is status)


def decide(results: tuple[Result, ...]) -> Status:
    """Return the verdict that results add up to: a broken promise outweighs not having been able to look.

    No results at all are inconclusive: nothing was looked at.
    """
    statuses = {result.status for result in results}
    if Status.FAILED in statuses:
        return Status.FAILED
    if Status.INCONCLUSIVE in statuses or not statuses:
        return Status.INCONCLUSIVE
    return Status.PASSED
