"""The run could see what it judges: the load was delivered and answered, and the scrapes were made."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill.checks.registry import ResultsFor, check
from promdrill.conventions import CLIENT_LEDGER
from promdrill_fakes.catalogue import services

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promdrill.evidence import Evidence
    from promdrill.evidence.folder import PhaseTimes
    from promdrill.evidence.ledger import Row
    from promdrill.model import Result

# How users.py names an answer without an error code of the app's own.
UNPLANNED = ("no_response", "http_5", "exception")
# Of fewer turns than these in a phase nothing can be said.
ENOUGH = 10
REMEDY = "give the run a quieter machine, or reduce the load in drill.yml"


@check("load")
def load(evidence: Evidence) -> Iterator[Result]:
    """Users took their turns, requests were answered, calls belong to them, scrapes were made, the fakes kept up."""
    yield from _check_turns(evidence)
    yield _check_answers(evidence)
    yield _check_traces(evidence)
    yield _check_scrapes(evidence)
    if evidence.scenario.drill.fakes.serve:
        yield _check_fakes(evidence)


def _check_turns(evidence: Evidence) -> Iterator[Result]:
    """Judge the turns of each class in a closed model; how many there are in an open one is the gate's to say."""
    # From the baseline to the drain, alert phases too: an alert that no load reached would be blamed on the app.
    phases = evidence.run.phases[evidence.run.phases.index(evidence.baseline) : -1]
    start, end = evidence.baseline.start, evidence.run.phases[-1].start
    rows = evidence.ledgers.rows(CLIENT_LEDGER)
    offset, began = evidence.run.monotonic_offset, evidence.run.phases[0].start
    for name, users in evidence.scenario.drill.load.items():
        claim = ResultsFor("load", name)
        if evidence.run.short:
            turns = {row["turn"] for row in rows if row["user"] == name}
            asked = least = float(users.count)
        elif users.arrivals:
            continue
        else:
            within = (row for row in rows if start <= row["started"] + offset <= end)
            turns = {row["turn"] for row in within if row["user"] == name}
            awake = [(phase.start - began, phase.end - began) for phase in phases if not users.rest_in(phase.name)]
            if users.every is None:
                yield _check_thinking_users(claim, len(turns), sum(users.active_seconds(*times) for times in awake))
                continue
            asked = sum(users.due_turns(*times) for times in awake)
            least = evidence.scenario.drill.gate.turns * asked
        numbers = {"asked": round(asked, 1), "delivered": len(turns)}
        if len(turns) < least:
            yield claim.inconclusive(
                f"{name} took {len(turns)} of {asked:.0f} due turns: the machine or the app could not keep up",
                REMEDY,
                **numbers,
            )
        else:
            yield claim.passed(f"{len(turns)} of {asked:.0f} due turns", **numbers)


def phases_lacking_turns(evidence: Evidence) -> Iterator[Result]:
    """Yield, as inconclusive, what users lacked of their turns in a single phase, for which others may make up.

    What the drill itself holds up is no lack: the calls that a fault of a fake struck may last as long as it has them
    last, and in a phase with a fault of the app no turn is asked for. Nor does a short run ask for any at a time.
    """
    if evidence.run.short:
        return
    drill, began = evidence.scenario.drill, evidence.run.phases[0].start
    turns = _turns(evidence)
    faults = {phase.name: phase.faults for phase in drill.phases}
    for phase in evidence.run.phases[evidence.run.phases.index(evidence.baseline) : -1]:
        if not drill.fake_faults.keys() >= set(faults.get(phase.name, ())):
            continue
        for name, users in drill.load.items():
            if users.rest_in(phase.name):
                continue
            taken = sum(phase.start <= turn.start < phase.end for turn in turns[name])
            held_up = sum(turn.delay_seconds(phase, users.every or 0.0) for turn in turns[name])
            asked = users.due_turns(phase.start - began, phase.end - began, held_up)
            if asked >= ENOUGH and taken < drill.gate.turns * asked:
                yield ResultsFor("load", name).inconclusive(
                    f"{name} took {taken} of {asked:.0f} due turns in the phase {phase.name}", REMEDY
                )


@dataclass(frozen=True, slots=True)
class _Turn:
    """When a turn began and ended, in epoch seconds, and how many seconds of it were calls that a fault struck."""

    start: float
    end: float
    struck: float

    def delay_seconds(self, phase: PhaseTimes, every: float) -> float:
        """Return how many seconds of a phase faults made it last longer than one that is taken each `every` seconds."""
        within = min(self.end, phase.end) - max(self.start, phase.start)
        return max(0.0, min(within - every, self.struck))


def _turns(evidence: Evidence) -> Mapping[str, list[_Turn]]:
    """Return the turns of each class of users."""
    offset, struck = evidence.run.monotonic_offset, _fault_seconds(evidence)
    rows: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in evidence.ledgers.rows(CLIENT_LEDGER):
        rows[row["user"], row["turn"]].append(row)
    turns: dict[str, list[_Turn]] = defaultdict(list)
    for (name, _), of_one in rows.items():
        start, end = min(row["started"] for row in of_one), max(row["finished"] for row in of_one)
        seconds = sum(struck.get(row["trace"], 0.0) for row in of_one)
        turns[name].append(_Turn(start + offset, end + offset, seconds))
    return turns


def _check_thinking_users(claim: ResultsFor, turns: int, present: float) -> Result:
    """Judge users who think: how many turns they take depends on the app, but that they take any does not."""
    if present and not turns:
        return claim.inconclusive(
            f"{claim.subject} took no turn in {present:.0f} s of its users",
            "look at logs/locust.log in the evidence, or shorten their think time",
            delivered=turns,
        )
    return claim.passed(f"users who think, turns taken: {turns}", delivered=turns)


def _check_answers(evidence: Evidence) -> Result:
    """A request without an answer, or with a bare 5xx, is nothing that a fault of the drill explains."""
    claim = ResultsFor("load", "answers")
    rows = evidence.ledgers.rows(CLIENT_LEDGER)
    struck = _fault_seconds(evidence)
    unplanned = Counter(
        error for row in rows if str(error := row.get("error")).startswith(UNPLANNED) and row.get("trace") not in struck
    )
    if unplanned:
        what = ", ".join(f"{count} x {error}" for error, count in unplanned.most_common())
        return claim.inconclusive(
            f"{unplanned.total()} of {len(rows)} requests failed in a way that no fault explains: {what}",
            "look at the app's log in the evidence; the ledger lacks an answer that the client did not receive",
            expected=0,
            seen=unplanned.total(),
        )
    return claim.passed(f"{len(rows)} requests, each answered", requests=len(rows))


def _fault_seconds(evidence: Evidence) -> Mapping[str | None, float]:
    """Return how many seconds the calls lasted that a fault of a fake struck, by the trace of their request."""
    seconds: dict[str | None, float] = defaultdict(float)
    for row in (row for name in services() for row in evidence.ledgers.rows(name) if row.get("fault")):
        seconds[row.get("trace")] += row["finished"] - row["started"]
    return seconds


def _check_traces(evidence: Evidence) -> Result:
    """A call that belongs to no request of the clients was made by somebody else, and would be counted all the same."""
    claim = ResultsFor("load", "ledgers")
    clients = evidence.ledgers.rows(CLIENT_LEDGER)
    known = {row.get("trace") for row in clients}
    # An app may call them to find out whether it is ready.
    begun = min((row["started"] for row in clients), default=0.0)
    calls = [row for name in services() for row in evidence.ledgers.rows(name) if row["started"] >= begun]
    traced = [row for row in calls if row.get("trace")]
    strangers = [row for row in traced if row["trace"] not in known]
    if strangers:
        return claim.inconclusive(
            f"{len(strangers)} of {len(calls)} calls to the fakes belong to no request of the load, the first to"
            f" {strangers[0]['service']} {strangers[0]['route']}",
            "stop other programs that call the app or the fakes",
            expected=0,
            seen=len(strangers),
        )
    return claim.passed(
        f"{len(traced)} of {len(calls)} calls to the fakes belong to requests of the load", calls=len(calls)
    )


def _check_scrapes(evidence: Evidence) -> Result:
    claim = ResultsFor("load", "scrapes")
    first = evidence.run.phases[0].start
    expected = (evidence.end - first) / evidence.run.scrape_interval
    times = [time for time, good in evidence.up if good and time >= first]
    numbers = {"expected": round(expected), "seen": len(times)}
    if len(times) < evidence.scenario.drill.gate.scrapes * expected:
        return claim.inconclusive(
            f"Prometheus made {len(times)} of {expected:.0f} scrapes during the drill",
            "give the run a quieter machine, or a longer scrape_interval in drill.yml",
            **numbers,
        )
    return claim.passed(f"{len(times)} of {expected:.0f} scrapes made", **numbers)


def _check_fakes(evidence: Evidence) -> Result:
    """What fakes that lag behind serve is not what they were asked to, and late is not the app's doing."""
    claim = ResultsFor("load", "fakes")
    budget, lag = evidence.scenario.drill.fakes.lag_budget, evidence.fakes_lag
    if lag is None:
        return claim.inconclusive("the evidence has no delay of the fakes", "run the drill again", budget=budget)
    numbers = {"budget": budget, "seen": round(lag, 3)}
    if lag > budget:
        return claim.inconclusive(
            f"the fakes' event loop was late by {lag:.3f} s; the limit is {budget:g} s",
            "give the run a quieter machine, reduce the load in drill.yml, or raise fakes.lag_budget there",
            **numbers,
        )
    return claim.passed(f"the fakes' event loop was never later than {lag:.3f} s", **numbers)
