"""What changed in an alert's behaviour between two versions of its rule, on inputs derived from both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from promdrill.durations import notation, seconds
from promdrill.prove.case import Case, Segment
from promdrill.prove.errors import OutOfReachError, guard
from promdrill.prove.life import alerts_selector, subquery
from promdrill.prove.problem import schedule
from promdrill.prove.proof import State
from promdrill.rules.promql import UnreadableError
from promdrill.rules.rulefile import rule_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from promdrill.prove.problem import Schedule
    from promdrill.prove.promtool import Observation, Promtool
    from promdrill.prove.proof import Proof
    from promdrill.prove.series import Motions
    from promdrill.rules.rulebook import Rulebook
    from promdrill.rules.rulefile import Placed, Rule

# promtool takes some seconds for so many.
MOST_STEPS = 20_000
# The word of a change that a mistake of promdrill's own kept from being told.
MISTAKE = "mistake"


@dataclass(frozen=True)
class Change:
    """One difference: `what` is a word for it, `by` the seconds that it fires earlier (less than 0) or later."""

    alert: str
    what: str
    message: str
    by: float | None = None


@dataclass(frozen=True)
class Version:
    """One version of the rules, and how an alert of it is proved."""

    book: Rulebook
    prove: Callable[[Placed], Proof]


@dataclass(frozen=True)
class _Behaviour:
    """What one version of an alert does on one input: since when it fires, and whether it did so before it."""

    firing: float | None
    before: bool


def compare(old: Version, new: Version, promtool: Promtool) -> list[Change]:
    """Return what changed, alert by alert, in the order of the new rules; those that are gone come last."""
    before = {one.key: one for one in old.book.alerts}
    after = {one.key: one for one in new.book.alerts}
    changes = []
    for key, placed in after.items():
        if key not in before:
            changes.append(Change(placed.rule.name, "added", "is new"))
        elif _rule_texts(before[key].rule, old.book) != _rule_texts(placed.rule, new.book):
            changes += guard(
                partial(_compare_alert, before[key], placed, old, new, promtool),
                partial(_mistake, placed.rule.name),
            )
    changes += [Change(one.rule.name, "gone", "is gone") for key, one in before.items() if key not in after]
    return changes


def _mistake(alert: str, text: str) -> list[Change]:
    return [Change(alert, MISTAKE, text)]


def _rule_texts(rule: Rule, book: Rulebook) -> list[Mapping[str, object]]:
    return [{**rule_data(one), "interval": one.interval} for one in (rule, *book.feeding(rule))]


def _compare_alert(before: Placed, after: Placed, old: Version, new: Version, promtool: Promtool) -> list[Change]:
    name = after.rule.name
    proofs = {"old": old.prove(before), "new": new.prove(after)}
    inputs = [one for word, proof in proofs.items() for one in _inputs(word, proof)]
    changes = list(_texts(before.rule, after.rule))
    if slip := next((proof.message for proof in proofs.values() if proof.state is State.MISTAKE), None):
        return [*changes, Change(name, MISTAKE, slip)]
    try:
        plan = _joint_schedule(schedule(before.rule, old.book), schedule(after.rule, new.book))
        seen = {
            word: _behaviours(one.rule, version.book, [parts for _, parts in inputs], plan, promtool)
            for word, one, version in (("old", before, old), ("new", after, new))
        }
    except (OutOfReachError, UnreadableError) as error:
        return [
            *changes,
            Change(name, "unknown", f"changed, but no input could be derived to compare the versions: {error}"),
        ]
    if not inputs:
        return [*changes, Change(name, "unknown", "changed, but no input could be derived to compare the versions")]
    moved = [
        change
        for (words, _), one, other in zip(inputs, seen["old"], seen["new"], strict=True)
        for change in _difference(name, words, one, other)
    ]
    # Of each kind the first: its input lies closest to what has changed.
    behaved = [one for index, one in enumerate(moved) if one.what not in {other.what for other in moved[:index]}]
    if not changes and not behaved:
        return [Change(name, "same", f"is written differently, but behaves the same on {len(inputs)} inputs")]
    return changes + behaved


def _inputs(word: str, proof: Proof) -> Iterator[tuple[str, tuple[Motions, Motions, float | None]]]:
    """Yield the inputs of a proof: words for each, how series move before, and what is to fire."""
    found = proof.found
    if found is None:
        return
    if found.over and found.under and found.boundary:
        under, over = found.boundary
        yield f"just over the {word} boundary ({over:.6g})", (found.silent, found.over, found.lasts)
        yield f"just under the {word} boundary ({under:.6g})", (found.silent, found.under, found.lasts)
    yield f"on the input that fires the {word} rule", (found.silent, found.fires, found.lasts)
    yield f"on the input that leaves the {word} rule silent", (found.silent, found.silent, None)


def _joint_schedule(one: Schedule, other: Schedule) -> Schedule:
    """Return a schedule that does for both versions.

    Raises:
        OutOfReachError: one looks at weeks and the other at minutes.
    """
    finer = min(one, other, key=lambda plan: plan.sample)
    most = {name: max(getattr(one, name), getattr(other, name)) for name in ("fill", "held", "kept")}
    if sum(most.values()) > MOST_STEPS * finer.sample:
        raise OutOfReachError("the times of the two versions are too far apart for one test")
    return replace(finer, fill=finer.up(most["fill"]), held=most["held"], kept=most["kept"])


def _behaviours(
    rule: Rule, book: Rulebook, inputs: list[tuple[Motions, Motions, float | None]], plan: Schedule, promtool: Promtool
) -> list[_Behaviour]:
    cases = [_case(rule, *parts, plan) for parts in inputs]
    if not cases:
        return []
    observed = promtool.observe(book.file_for(rule), cases, plan.interval, plan.sample)
    return [_Behaviour(_first(one, plan), bool(one.values(1))) for one in observed]


def _case(rule: Rule, silent: Motions, motions: Motions, lasts: float | None, plan: Schedule) -> Case:
    lasts = plan.up((lasts or plan.fill) + plan.held) + 2 * plan.interval
    end = plan.fill + lasts - plan.interval
    firing = alerts_selector(rule, "firing")
    first = f"min(min_over_time(timestamp({firing}){subquery(lasts, plan)}))"
    queries = ((first, end), (firing, plan.fill - plan.interval))
    return Case((Segment(silent, plan.fill), Segment(motions, lasts)), queries)


def _first(observed: Observation, plan: Schedule) -> float | None:
    values = observed.values(0)
    return values[0] - plan.fill if values else None


def _difference(name: str, words: str, old: _Behaviour, new: _Behaviour) -> Iterator[Change]:
    if old.firing is None and new.firing is not None:
        yield Change(name, "newly fires", f"newly fires {words}")
    elif old.firing is not None and new.firing is None:
        yield Change(name, "no longer fires", f"no longer fires {words}")
    elif (
        old.firing is not None
        and new.firing is not None
        and old.firing != new.firing
        and not (old.before or new.before)
    ):
        by = new.firing - old.firing
        word = "later" if by > 0 else "earlier"
        yield Change(name, f"fires {word}", f"fires {notation(abs(by))} {word} {words}", by)


def _texts(old: Rule, new: Rule) -> Iterator[Change]:
    """Yield what a receiver sees differently, and `for`, as the two files have them."""
    for what in ("labels", "annotations"):
        one, other = getattr(old, what), getattr(new, what)
        for key in sorted({*one, *other}):
            if one.get(key) != other.get(key):
                yield Change(new.name, what, f"{what[:-1]} {key}: {one.get(key)!r} is now {other.get(key)!r}")
    one, other = (rule.interval or "Prometheus's own" for rule in (old, new))
    if one != other:
        yield Change(new.name, "interval", f"interval: {one} is now {other}")
    for field, word in (("for_", "for"), ("keep_firing_for", "keep_firing_for")):
        was, now = (seconds(getattr(rule, field) or 0) for rule in (old, new))
        if was != now:
            yield Change(new.name, word, f"{word}: {notation(was)} is now {notation(now)}", now - was)
