"""Classic histograms: into which bucket all observations must fall for a quantile to lie beyond a threshold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import promql_parser

from promdrill.prove.errors import NeverError, OutOfReachError
from promdrill.prove.evaluate import Assignment, recording
from promdrill.prove.series import Kind, Line, Motion, number
from promdrill.rules import promql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.prove.evaluate import Context, Known, Target

RATES = frozenset({"rate", "irate", "increase", "delta"})


class Buckets(NamedTuple):
    """The selector of a histogram's buckets, and whether they are counted over a window."""

    selector: promql_parser.VectorSelector
    kind: Kind


def assign(
    context: Context, node: promql_parser.Call, share: Known, target: Target, assignment: Assignment
) -> Iterator[Assignment]:
    """Yield assignments in which the quantile of a share lies on the wanted side of its threshold.

    Raises:
        NeverError: the contract's buckets end below the threshold, or the expression drops their bounds.
        OutOfReachError: it is not a quantile of one histogram's buckets.
    """
    if not isinstance(share, Line) or not 0 < share.level <= 1:
        raise OutOfReachError("a quantile must be a number between 0 and 1")
    found = _buckets(context, node.args[1])
    pivot, bounds = target.pivot, context.labeller.bounds(found.selector)
    edges = [*(bounds or _bounds(pivot)), math.inf]
    side = (target.value.level > pivot) - (target.value.level < pivot)
    values = [_value(edges, index, share.level) for index in range(len(edges))]
    fitting = [index for index, value in enumerate(values) if (value > pivot) - (value < pivot) == side]
    if not fitting and side > 0 and bounds:
        raise NeverError(f"the last bucket ends at {bounds[-1]:g}, so the quantile can never be above {pivot:g}")
    for index in sorted(fitting, key=lambda index: abs(values[index] - pivot)):
        yield from _fill(context, found, edges, index, assignment)


def _bounds(pivot: float) -> tuple[float, ...]:
    """Return bounds around a threshold, so that it stands between two buckets."""
    pivot = pivot if pivot > 0 else 1.0
    return (pivot / 2, pivot, 2 * pivot)


def _value(edges: list[float], index: int, share: float) -> float:
    """Return the quantile where all observations fall into one bucket, as Prometheus interpolates it."""
    low = edges[index - 1] if index else min(0.0, edges[0])
    return low if math.isinf(edges[index]) else low + (edges[index] - low) * share


def _fill(
    context: Context, found: Buckets, edges: list[float], filled: int, assignment: Assignment
) -> Iterator[Assignment]:
    labels = context.labeller.labels(found.selector) - {("le", "")}
    for index, edge in enumerate(edges):
        motion = Motion(found.kind, float(index >= filled), copies=assignment.copies)
        bound = frozenset({*labels, ("le", "+Inf" if math.isinf(edge) else number(edge))})
        if assignment.motions.get(bound, motion) != motion:
            return  # another condition has decided this histogram otherwise
        assignment = assignment.decide(bound, motion)
    yield assignment


def _buckets(context: Context, node: promql_parser.Expr, kind: Kind = Kind.LEVEL) -> Buckets:
    node = promql.unwrap(node)
    if isinstance(node, promql_parser.AggregateExpr) and str(node.op) in {"sum", "avg", "max", "min"}:
        found = _buckets(context, node.expr, kind)
        labels = node.modifier.labels if node.modifier else []
        by = node.modifier is None or node.modifier.type == promql_parser.AggModifierType.By
        if ("le" in labels) is not by and promql.metric(found.selector).endswith("_bucket"):
            raise NeverError(f"{node.op}() drops the label le, which a quantile needs")
        return found
    if isinstance(node, promql_parser.Call) and node.func.name in RATES | {"label_replace", "label_join"}:
        return _buckets(context, node.args[0], Kind.COUNTER if node.func.name in RATES else kind)
    if isinstance(node, promql_parser.MatrixSelector):
        return _buckets(context, node.vector_selector, kind)
    if isinstance(node, promql_parser.VectorSelector):
        rule = recording(context, node)
        if rule is not None:
            return _buckets(context, rule, kind)
        if not promql.metric(node).endswith("_bucket"):
            raise OutOfReachError(
                f"{promql.metric(node)} is not a series of buckets; native histograms are not supported"
            )
        return Buckets(node, kind)
    raise OutOfReachError("a quantile is supported only over the buckets of one histogram")
