"""Proves one alert: derives inputs, has promtool judge them, says what was shown, what is broken, what is beyond."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from promdrill.rules.promql import UnreadableError
from promdrill.virtual import diagnosis
from promdrill.virtual.boundary import narrowed
from promdrill.virtual.candidates import MARGINS, WAYS, propose
from promdrill.virtual.case import Case, Segment, series
from promdrill.virtual.life import NOTHING, Life, live
from promdrill.virtual.motion import Kind
from promdrill.virtual.reach import NeverError, NotPromisedError, OutOfReachError, guard
from promdrill.virtual.schedule import schedule
from promdrill.virtual.search import Found, Input, Setting, search, steady

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promdrill.rules.rulebook import Rulebook
    from promdrill.rules.rulefile import Placed
    from promdrill.virtual.catalogue import Catalogue
    from promdrill.virtual.motion import Motions
    from promdrill.virtual.promtool import Promtool

MOST_NARROWED = 6


class State(StrEnum):
    """What can be said of an alert before its release; `MISTAKE` is promdrill's own, and says nothing of the alert."""

    PROVED = "proved"
    BROKEN = "broken"
    OUT_OF_REACH = "out of reach"
    MISTAKE = "mistake"


@dataclass(frozen=True)
class Proof:
    """What is known of one alert; `inputs` are the series of the test that shows it, `test` is its file."""

    placed: Placed
    state: State
    message: str
    remedy: str = ""
    found: Found | None = None
    life: Life | None = None
    setting: Setting | None = field(default=None, repr=False)
    inputs: Sequence[Mapping[str, str]] = ()
    test: str | None = None


@dataclass(frozen=True)
class _Searched:
    """What one way of labelling led to."""

    proposed: list[Motions]
    errors: str | None
    stuck: OutOfReachError | None
    always: OutOfReachError | None
    fires: bool


def prove(placed: Placed, book: Rulebook, promtool: Promtool, catalogue: Catalogue | None) -> Proof:
    """Return what can be shown of one alert. A mistake of promdrill's own is a state of this alert alone.

    Raises:
        StackError: promtool does not start.
    """
    return guard(lambda: _prove(placed, book, promtool, catalogue), lambda text: Proof(placed, State.MISTAKE, text))


def _prove(placed: Placed, book: Rulebook, promtool: Promtool, catalogue: Catalogue | None) -> Proof:
    try:
        setting = Setting(placed.rule, book, schedule(placed.rule, book), promtool, catalogue)
        return _proved(placed, setting)
    except NotPromisedError as error:
        return Proof(placed, State.BROKEN, f"reads what is not exposed: {error}", "correct the expression")
    except NeverError as error:
        return Proof(placed, State.BROKEN, f"can never fire: {error}", "correct the expression")
    except (OutOfReachError, UnreadableError) as error:
        return Proof(placed, State.OUT_OF_REACH, str(error))
    except RecursionError:
        return Proof(placed, State.OUT_OF_REACH, "its expression is nested too deeply")


def _proved(placed: Placed, setting: Setting) -> Proof:
    tried = []
    trouble: OutOfReachError | None = None
    for way in WAYS:
        proposed = propose(setting, way)
        pairs, seen = search(setting, proposed)
        if way.copies == 1:  # what several series lead to does not tell why one does not suffice
            motions = [{**one.past, **one.motions} for one in proposed.fires]
            fires = any(one.values(0) for one in seen)
            tried.append(_Searched(motions, diagnosis.complaint(seen), proposed.stuck, proposed.always, fires))
        for pair in pairs:
            try:
                life = live(setting, pair)
            except OutOfReachError as error:
                trouble = trouble or error
                continue
            return _shown(placed, setting, _narrowed(setting, pair, pairs), life)
        if trouble and way.margins == MARGINS:
            raise trouble
    return _unproved(placed, setting, tried)


def _narrowed(setting: Setting, pair: Found, pairs: list[Found]) -> Found:
    """Return the pair with the closest boundary that was measured, between it or between another one."""
    best = pair
    for one in dict.fromkeys(map(id, (pair, *pairs[:MOST_NARROWED]))):
        narrow = narrowed(setting, next(other for other in (pair, *pairs) if id(other) == one))
        if narrow and narrow.boundary and (best.boundary is None or narrow.gap < best.gap):
            best = replace(narrow, silent=pair.silent, fires=pair.fires, calm=pair.calm, lasts=pair.lasts)
        elif narrow and best is pair:
            best = replace(pair, only=narrow.only)
        if best.close:
            break
    return best


def _shown(placed: Placed, setting: Setting, found: Found, life: Life) -> Proof:
    inputs = series(life.case, setting.plan.sample)
    if wrong := diagnosis.wrong_texts(setting, life):
        remedy = "keep the label in the expression's aggregation, or take it out of the template"
        return Proof(placed, State.BROKEN, wrong, remedy, found, life, setting, inputs)
    return Proof(placed, State.PROVED, _summary(setting, found, life), "", found, life, setting, inputs)


def _summary(setting: Setting, found: Found, life: Life) -> str:
    said = ["fires"]
    if found.boundary:
        under, over = found.boundary
        said = [f"fires at {over:.6g}, silent at {under:.6g}"]
    elif missing := _missing(found):
        said = [f"fires, silent where {missing} is missing"]
    elif found.only is not None:
        said = [f"fires as soon as it has a value, then {found.only:.6g}"]
    rule = setting.rule
    said += [f"for {rule.for_}" if life.pending is not None else "at once"]
    said += [f"keeps firing {rule.keep_firing_for}"] if rule.keep_firing_for else []
    said += ["resolves"]
    woken = [name for name, fires in life.also.items() if fires]
    said += [f"also fires at {' and '.join(woken)}"] if woken else []
    return ", ".join(said)


def _missing(found: Found) -> str:
    """Return the metrics that the firing input has and the silent one lacks."""
    gone = {dict(labels)["__name__"] for labels, motion in found.silent.items() if motion.kind is Kind.ABSENT}
    here = {dict(labels)["__name__"] for labels, motion in found.fires.items() if motion.kind is not Kind.ABSENT}
    return ", ".join(sorted(gone & here))


def _unproved(placed: Placed, setting: Setting, tried: list[_Searched]) -> Proof:
    """Return why no pair of inputs was found."""
    proposed = next((one.proposed[0] for one in tried if one.proposed), None)
    never = next((one.stuck for one in tried if isinstance(one.stuck, NeverError)), None)
    if any(one.fires for one in tried):
        return _always(placed, setting, tried, proposed or {})
    if never and proposed is None:
        raise never
    if proposed is not None and (apart := diagnosis.never_matching(setting, proposed)):
        inputs = series(steady(setting, Input(proposed)), setting.plan.sample)
        if setting.catalogue is not None:
            remedy = "aggregate away, ignore or group the labels that only one side has"
            return Proof(placed, State.BROKEN, f"can never fire: {apart}", remedy, setting=setting, inputs=inputs)
        return Proof(placed, State.OUT_OF_REACH, f"{apart}; --contract tells whether they do", setting=setting)
    errors = next((one.errors for one in tried if one.errors), None)
    stuck = next((one.stuck for one in tried if one.stuck), None)
    reason = str(stuck) if stuck else f"promtool: {errors}" if errors else "no input was found that makes it fire"
    return Proof(placed, State.OUT_OF_REACH, reason, setting=setting)


def _always(placed: Placed, setting: Setting, tried: list[_Searched], proposed: Motions) -> Proof:
    """Return what is known of an alert that fires, and for which no input was found that leaves it silent."""
    plan = setting.plan
    nothing = Case((Segment({}, plan.fill),), ((setting.rule.expr, plan.fill),))
    (seen,) = setting.observe([nothing])
    always = next((one.always for one in tried if one.always), None)
    told = f": {always}" if always else ""
    if seen.values(0) and proposed:
        inputs: Any = series(steady(setting, Input(proposed)), plan.sample)
        message = f"always fires, with {NOTHING} as well{told}"
        return Proof(
            placed, State.BROKEN, message, "compare its value with a threshold", setting=setting, inputs=inputs
        )
    if isinstance(always, NeverError):
        inputs = series(steady(setting, Input(proposed)), plan.sample)
        return Proof(placed, State.BROKEN, str(always), "take bool away", setting=setting, inputs=inputs)
    return Proof(placed, State.OUT_OF_REACH, f"no input was found that leaves it silent{told}", setting=setting)
