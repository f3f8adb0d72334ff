"""Proofs that need no PromQL: what alerts lived through, and what the documents themselves hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from promdrill.contract.mentions import document_path
from promdrill.contract.proofs import Alerting, DeadLinks, Delay, Listing, Missing, Unit
from promdrill.durations import notation, seconds
from promdrill.evidence.alerts import activity

if TYPE_CHECKING:
    from promdrill.evidence.folder import Evidence

# The base units that Prometheus' own naming guide lists, with those that its exporters count things in.
UNITS = frozenset(
    {"seconds", "celsius", "meters", "bytes", "ratio", "volts", "amperes", "joules", "grams"}
    | {"tokens", "characters", "dollars", "usd", "info", "timestamp"}
)


class Observed(NamedTuple):
    """What a proof found: whether what it says is so, or None where that could not be seen; what was seen; a remedy."""

    truthful: bool | None
    what: str
    remedy: str = "mend the proof in the contract, or what it needs"


def lived_through(proof: Alerting | Delay, evidence: Evidence) -> Observed:
    """Return whether alerts fired, stayed silent, or took as long as a proof says."""
    match proof:
        case Alerting(firing=firing, silent=silent, at=phase):
            return _alerting(firing, silent, phase, evidence)
        case Delay(alert=alert, since=phase):
            start = evidence.phase(phase).start
            began = [firing.start for firing in activity(evidence, alert).firing if firing.start >= start]
            if not began:
                return Observed(None, f"{alert} did not fire after the start of {phase}")
            took = (began[0] - start) * evidence.run.factors.get(alert, 1.0)
            bound = seconds(proof.at_least or proof.at_most)
            return Observed(
                took >= bound if proof.at_least else took <= bound,
                f"{alert} fired {notation(round(took))} after the start of {phase}, in the rule's own time",
            )


def _alerting(firing: tuple[str, ...], silent: tuple[str, ...], phase: str, evidence: Evidence) -> Observed:
    times = evidence.phase(phase)
    states: dict[str, str] = {}
    for alert in (*firing, *silent):
        active = activity(evidence, alert)
        kinds = (("firing", active.firing), ("pending", active.pending))
        states[alert] = next(
            (kind for kind, spans in kinds if any(s.start <= times.end and s.end >= times.start for s in spans)),
            "inactive",
        )
    what = ", ".join(f"{alert} was {state}" for alert, state in states.items())
    truthful = all(states[alert] == "firing" for alert in firing) and all(
        states[alert] == "inactive" for alert in silent
    )
    return Observed(truthful, f"in {phase} {what}")


def written(proof: Missing | Listing | DeadLinks | Unit, evidence: Evidence) -> Observed:
    """Return whether the documents lack, list, link or name things as a proof says."""
    match proof:
        case Missing(missing=names):
            return _missing(names, evidence)
        case Listing(stated=stated, listed=listed):
            return Observed(
                stated == len(listed), f"{stated} are stated, {len(listed)} are listed: {', '.join(listed)}"
            )
        case DeadLinks(dead_links=names):
            scenario = evidence.scenario
            places = [document_path(scenario.folder, one).parent for one in scenario.contract.documents.values()]
            absent = [name for name in names if not any((place / name).is_file() for place in places)]
            return Observed(len(absent) == len(names), f"{len(absent)} of {len(names)} linked files are not there")
        case Unit(unit_of=name):
            last = re.sub(r"_total$", "", name).rpartition("_")[2]
            return Observed(last in UNITS, f"{name} ends in {last!r}, which is {'a' if last in UNITS else 'no'} unit")


def _missing(names: tuple[str, ...], evidence: Evidence) -> Observed:
    table, contract = evidence.scenario.contract.reference_table, evidence.scenario.contract
    listed = {*table.metrics, *table.alerts} if table else set()
    absent = [name for name in names if name not in listed]
    there = [name for name in names if name in evidence.last_scrape.families or name in contract.alerts]
    what = f"{len(absent)} of {len(names)} are in no table of the documents, {len(there)} are there"
    return Observed(len(absent) == len(there) == len(names), what)
