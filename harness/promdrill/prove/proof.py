"""Proves one alert: derives inputs, has promtool judge them, says what was shown, what is broken, what is beyond."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import promql_parser

from promdrill.prove.boundary import narrow
from promdrill.prove.case import Case, Segment, input_series
from promdrill.prove.derived_life import NOTHING, DerivedLife, derive_life
from promdrill.prove.errors import NeverError, NotPromisedError, OutOfReachError, guard
from promdrill.prove.inputs import MARGINS, WAYS, InputPair, propose, search
from promdrill.prove.problem import Input, Problem, schedule, steady_case
from promdrill.prove.series import Kind
from promdrill.rules import promql
from promdrill.rules.promql import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from promdrill.prove.catalogue import Catalogue
    from promdrill.prove.promtool import Observation, Promtool
    from promdrill.prove.series import Motions
    from promdrill.rules.rulebook import Rulebook
    from promdrill.rules.rulefile import Placed

MOST_NARROWED = 6
# A label that is printed; one that a condition asks for may be missing on purpose.
PRINTED = re.compile(r"\{\{-?\s*(?:printf\s+\S+\s+)?\$labels\.(\w+)")
CONDITIONAL = re.compile(r"\{\{-?\s*(?:if|with)\b[^}]*\$labels\.(\w+)")
# A query of its own, on series that the expression need not read.
QUERIES = re.compile(r"\{\{[^}]*\bquery\b")
NO_VALUE = "<no value>"
TEMPLATE_ERROR = "<error expanding template"


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
    found: InputPair | None = None
    life: DerivedLife | None = None
    problem: Problem | None = field(default=None, repr=False)
    inputs: Sequence[Mapping[str, str]] = ()
    test: str | None = None


@dataclass(frozen=True)
class _Attempt:
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
        problem = Problem(placed.rule, book, schedule(placed.rule, book), promtool, catalogue)
        return _search_and_live(placed, problem)
    except NotPromisedError as error:
        return Proof(placed, State.BROKEN, f"reads series that are not exposed: {error}", "correct the expression")
    except NeverError as error:
        return Proof(placed, State.BROKEN, f"can never fire: {error}", "correct the expression")
    except (OutOfReachError, UnreadableError) as error:
        return Proof(placed, State.OUT_OF_REACH, str(error))
    except RecursionError:
        return Proof(placed, State.OUT_OF_REACH, "its expression is nested too deeply")


def _search_and_live(placed: Placed, problem: Problem) -> Proof:
    tried = []
    trouble: OutOfReachError | None = None
    for way in WAYS:
        proposed = propose(problem, way)
        pairs, seen = search(problem, proposed)
        if way.copies == 1:  # what several series lead to does not tell why one does not suffice
            motions = [{**one.past, **one.motions} for one in proposed.fires]
            fires = any(one.values(0) for one in seen)
            tried.append(_Attempt(motions, first_error(seen), proposed.stuck, proposed.always, fires))
        for pair in pairs:
            try:
                life = derive_life(problem, pair)
            except OutOfReachError as error:
                trouble = trouble or error
                continue
            return _conclude(placed, problem, _closest_boundary(problem, pair, pairs), life)
        if trouble and way.margins == MARGINS:
            raise trouble
    return _explain(placed, problem, tried)


def _closest_boundary(problem: Problem, pair: InputPair, pairs: list[InputPair]) -> InputPair:
    """Return the pair with the closest boundary that was measured, between it or between another one."""
    best = pair
    for one in dict.fromkeys(map(id, (pair, *pairs[:MOST_NARROWED]))):
        closer = narrow(problem, next(other for other in (pair, *pairs) if id(other) == one))
        if closer and closer.boundary and (best.boundary is None or closer.gap < best.gap):
            best = replace(closer, silent=pair.silent, fires=pair.fires, calm=pair.calm, lasts=pair.lasts)
        elif closer and best is pair:
            best = replace(pair, only=closer.only)
        if best.close:
            break
    return best


def _conclude(placed: Placed, problem: Problem, found: InputPair, life: DerivedLife) -> Proof:
    inputs = input_series(life.case, problem.plan.sample)
    if wrong := text_error(problem, life):
        remedy = "keep the label in the expression's aggregation, or remove it from the template"
        return Proof(placed, State.BROKEN, wrong, remedy, found, life, problem, inputs)
    return Proof(placed, State.PROVED, _summary(problem, found, life), "", found, life, problem, inputs)


def _summary(problem: Problem, found: InputPair, life: DerivedLife) -> str:
    said = ["fires"]
    if found.boundary:
        under, over = found.boundary
        said = [f"fires at {over:.6g}, silent at {under:.6g}"]
    elif missing := _missing(found):
        said = [f"fires, silent where {missing} is missing"]
    elif found.only is not None:
        said = [f"fires as soon as it has a value, then {found.only:.6g}"]
    rule = problem.rule
    said += [f"for {rule.for_}" if life.pending is not None else "at once"]
    said += [f"keeps firing {rule.keep_firing_for}"] if rule.keep_firing_for else []
    said += ["resolves"]
    woken = [name for name, fires in life.also.items() if fires]
    said += [f"also fires at {' and '.join(woken)}"] if woken else []
    return ", ".join(said)


def _missing(found: InputPair) -> str:
    """Return the metrics that the firing input has and the silent one lacks."""
    gone = {dict(labels)["__name__"] for labels, motion in found.silent.items() if motion.kind is Kind.ABSENT}
    here = {dict(labels)["__name__"] for labels, motion in found.fires.items() if motion.kind is not Kind.ABSENT}
    return ", ".join(sorted(gone & here))


def _explain(placed: Placed, problem: Problem, tried: list[_Attempt]) -> Proof:
    """Return why no pair of inputs was found."""
    proposed = next((one.proposed[0] for one in tried if one.proposed), None)
    never = next((one.stuck for one in tried if isinstance(one.stuck, NeverError)), None)
    if any(one.fires for one in tried):
        return _always(placed, problem, tried, proposed or {})
    if never and proposed is None:
        raise never
    if proposed is not None and (apart := mismatched_join(problem, proposed)):
        inputs = input_series(steady_case(problem, Input(proposed)), problem.plan.sample)
        if problem.catalogue is not None:
            remedy = "aggregate away, ignore or group the labels that only one side has"
            return Proof(placed, State.BROKEN, f"can never fire: {apart}", remedy, problem=problem, inputs=inputs)
        return Proof(placed, State.OUT_OF_REACH, f"{apart}; add --contract to check whether they do", problem=problem)
    errors = next((one.errors for one in tried if one.errors), None)
    stuck = next((one.stuck for one in tried if one.stuck), None)
    reason = str(stuck) if stuck else f"promtool: {errors}" if errors else "no input was found that makes it fire"
    return Proof(placed, State.OUT_OF_REACH, reason, problem=problem)


def _always(placed: Placed, problem: Problem, tried: list[_Attempt], proposed: Motions) -> Proof:
    """Return what is known of an alert that fires, and for which no input was found that leaves it silent."""
    plan = problem.plan
    nothing = Case((Segment({}, plan.fill),), ((problem.rule.expr, plan.fill),))
    (seen,) = problem.observe([nothing])
    always = next((one.always for one in tried if one.always), None)
    told = f": {always}" if always else ""
    if seen.values(0) and proposed:
        inputs: Any = input_series(steady_case(problem, Input(proposed)), plan.sample)
        message = f"always fires, with {NOTHING} as well{told}"
        return Proof(
            placed, State.BROKEN, message, "compare its value with a threshold", problem=problem, inputs=inputs
        )
    if isinstance(always, NeverError):
        inputs = input_series(steady_case(problem, Input(proposed)), plan.sample)
        return Proof(placed, State.BROKEN, str(always), "take bool away", problem=problem, inputs=inputs)
    return Proof(placed, State.OUT_OF_REACH, f"no input was found that leaves it silent{told}", problem=problem)


def mismatched_join(problem: Problem, motions: Motions) -> str | None:
    """Return which two sides have series and labels that never match, if an input shows such a join."""
    joins = list(_joins(promql.parse(problem.rule.expr)))
    if not joins:
        return None
    texts = [text for _, *texts in joins for text in texts]
    (seen,) = problem.observe([steady_case(problem, Input(motions), texts)])
    for index, (node, one, other) in enumerate(joins):
        left, right = (seen.answers.get(1 + 2 * index + side, ()) for side in (0, 1))
        if left and right:
            names = [_join_labels(node, sample.labels) for sample in (left[0], right[0])]
            if names[0] != names[1]:
                apart = " and ".join(
                    f"`{text.replace('{}', '')}` has {_list(own)}"
                    for text, own in zip((one, other), names, strict=True)
                )
                return f"its two sides never match: {apart}"
    return None


def _joins(node: promql_parser.Expr) -> Iterator[tuple[promql_parser.BinaryExpr, str, str]]:
    """Yield the joins of an expression that need labels to match, with the text of their sides."""
    for one in promql.nodes(node):
        if isinstance(one, promql_parser.BinaryExpr) and str(one.op) not in {"or", "unless"}:
            texts = [promql.text_of(side) for side in (one.lhs, one.rhs)]
            if all(promql.selectors(side) for side in (one.lhs, one.rhs)) and texts[0] and texts[1]:
                yield one, texts[0], texts[1]


def _join_labels(node: promql_parser.BinaryExpr, labels: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the labels that a join compares."""
    own = frozenset(labels) - {"__name__"}
    matching = node.modifier.matching if node.modifier else None
    if matching is None:
        return own
    on = matching.type == promql_parser.LabelModifierType.Include
    return own & frozenset(matching.labels) if on else own - frozenset(matching.labels)


def _list(names: frozenset[str]) -> str:
    return f"the labels {', '.join(sorted(names))}" if names else "no labels"


def text_error(problem: Problem, life: DerivedLife) -> str | None:
    """Return what is wrong with the labels and annotations of an alert that fires."""
    rule = problem.rule
    for one in life.fired:
        for where, text in {**rule.annotations, **rule.labels}.items():
            rendered = {**one.annotations, **one.labels}.get(where, "")
            if (TEMPLATE_ERROR in rendered or NO_VALUE in rendered) and not QUERIES.search(text):
                return f"{where} renders as {rendered!r}"
            optional = set(CONDITIONAL.findall(text))
            for label in PRINTED.findall(text):
                if label not in one.labels and label not in optional:
                    has = ", ".join(sorted(set(one.labels) - {"alertname"})) or "none"
                    return f"$labels.{label} in {where} renders as nothing: the alert's labels are {has}"
    return None


def first_error(observed: tuple[Observation, ...]) -> str | None:
    """Return the first error that promtool met."""
    return next((error for one in observed for error in one.errors), None)
