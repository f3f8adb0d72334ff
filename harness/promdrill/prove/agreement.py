"""Whether an alert did the same in compressed and in virtual time: the same states, in the same order, by its times."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promdrill.alerts.content import Defect
from promdrill.durations import notation, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.evidence import Evidence
    from promdrill.model import AlertLife, States
    from promdrill.rules.rulefile import Rule

WHOLE = ("inactive", "pending", "firing", "resolved")


def with_virtual_life(life: AlertLife, evidence: Evidence) -> AlertLife:
    """Return a life with its phase, and what the alert did in virtual time, where that was tried."""
    virtual = evidence.virtual.get(life.alert)
    proof = (*life.proof, *(("virtual",) if virtual and virtual.states else ()))
    phase = evidence.scenario.contract.alerts[life.alert].phase or ""
    return replace(life, phase=phase, virtual=virtual, proof=proof)


def differences(life: AlertLife, rule: Rule) -> Iterator[Defect]:
    """Yield what an alert did otherwise in virtual time: message, remedy, expected and seen; the first cause first.

    What is expected is what it did live or, where it was not lived through, what its rule implies.
    """
    virtual = life.virtual
    if virtual is None or not (virtual.states or virtual.broken):
        return
    files = f"; run {', '.join(virtual.tests)} in the evidence with promtool" if virtual.tests else ""
    if virtual.broken:
        yield Defect(
            f"behaved differently in virtual time: it {virtual.broken}",
            f"compare it with the live proof: a second is the same in both, but longer windows count more{files}",
            "as it lived" if "live" in life.proof else "as its rule says",
            virtual.broken,
        )
        return
    due = tuple(state for state in WHOLE if state != "pending" or seconds(rule.for_))
    expected, seen = (_order(life.states) if "live" in life.proof else due), _order(virtual.states)
    if expected != seen:
        yield Defect(
            f"went through {', '.join(seen)} in virtual time, but {', '.join(expected)} live",
            f"the two proofs disagree: one of them misses a state{files}",
            list(expected),
            list(seen),
        )
    yield from _late(virtual.states, rule)


def _late(states: States, rule: Rule) -> Iterator[Defect]:
    """Tell where virtual time does not keep what live deadlines are computed from."""
    at, held = dict(states), seconds(rule.for_)
    waited = at["firing"] - at.get("pending", at["firing"])
    if waited < held:
        yield Defect(
            f"fired after {notation(waited)} of pending in virtual time; its `for` is {notation(held)}",
            "check whether two rules have this name",
            held,
            waited,
        )


def _order(states: States) -> tuple[str, ...]:
    return tuple(state for state, _ in states)
