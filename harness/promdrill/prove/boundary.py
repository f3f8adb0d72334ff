"""Between an input that fires and one that does not: where it turns, and the value there."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from promdrill.prove.problem import Input
from promdrill.prove.series import ABSENT
from promdrill.rules import promql

if TYPE_CHECKING:
    import promql_parser

    from promdrill.prove.inputs import InputPair
    from promdrill.prove.problem import Problem
    from promdrill.prove.promtool import Observation
    from promdrill.prove.series import Motions

GRID = 16
MOST_ROUNDS = 5
CLOSE = 0.01


def interpolate(pair: InputPair, share: float) -> Motions:
    """Return the input on the way from the silent one (0) to the firing one (1)."""
    names = {**pair.silent, **pair.fires}
    return {
        labels: pair.silent.get(labels, ABSENT).interpolate(pair.fires.get(labels, ABSENT), share) for labels in names
    }


def narrow(problem: Problem, pair: InputPair) -> InputPair | None:
    """Return a pair with the inputs between which it turns; None where its ends are not what they should be."""
    sides = _sides(promql.parse(problem.rule.expr))
    plan = problem.plan
    before = pair.silent if pair.lasts else None
    # As long as in the tests that are kept, up to the evaluation at which they look.
    lasts = plan.up((pair.lasts or plan.fill) + plan.held) + plan.interval
    low, high = 0.0, 1.0
    measured: dict[float, Observation] = {}
    # The two ends alone may lie close enough together; if not, the way between them is divided again and again.
    for grid in (1, *[GRID if _is_steerable(pair) else 1] * MOST_ROUNDS):
        shares = [low + (high - low) * index / grid for index in range(grid + 1)]
        fresh = [share for share in shares if share not in measured]
        if not fresh:
            break
        inputs = [Input(interpolate(pair, share), before, lasts) for share in fresh]
        measured |= zip(fresh, problem.measure(inputs, sides), strict=True)
        if any(one.errors for one in measured.values()) or measured[low].values(0) or not measured[high].values(0):
            return None
        high = next(share for share in shares if measured[share].values(0))
        low = shares[shares.index(high) - 1]
        boundary = _boundary(measured[low], measured[high], len(sides))
        close = boundary is not None and (_is_close(boundary) or (0.0 in boundary and high - low < CLOSE / GRID))
        if close or (grid > 1 and boundary is None):
            break
    only = _first_value(measured[low], measured[high], len(sides)) if boundary is None else None
    under, over = interpolate(pair, low), interpolate(pair, high)
    return replace(pair, under=under, over=over, boundary=boundary, close=close, only=only)


def _first_value(under: Observation, over: Observation, sides: int) -> float | None:
    """Return the compared value with which it fires where there is none just below."""
    values = ((under.values(side), over.values(side)) for side in range(1, sides + 1))
    return next((high[0] for low, high in values if high and not any(map(math.isfinite, low))), None)


def _is_steerable(pair: InputPair) -> bool:
    """Tell whether anything lies between the two inputs."""
    moving = [(motion, pair.fires[labels]) for labels, motion in pair.silent.items() if labels in pair.fires]
    return any(one != other and one.interpolate(other, 0.5) not in {one, other} for one, other in moving)


def _is_close(boundary: tuple[float, float]) -> bool:
    under, over = boundary
    return abs(over - under) <= max(CLOSE * max(abs(over), abs(under)), 1e-9)


def _sides(node: promql_parser.Expr) -> list[str]:
    """Return the sides that are compared with something, as text: what a boundary is measured by."""
    node = promql.unwrap(node)
    if promql.is_comparison(node):
        text = promql.text_of(node.rhs if promql.is_scalar(node.lhs) else node.lhs)
        return [text] if text else []
    return [text for child in promql.children(node) for text in _sides(child)][:6]


def _boundary(under: Observation, over: Observation, sides: int) -> tuple[float, float] | None:
    """Return the first compared value that differs on the two sides; None where none can be measured."""
    for query in range(1, sides + 1):
        low, high = under.values(query), over.values(query)
        if len(low) == len(high) == 1 and low != high and math.isfinite(low[0] - high[0]):
            return low[0], high[0]
    return None
