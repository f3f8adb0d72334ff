"""What is decided while an input is sought, and what does not change."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import promql_parser

from promdrill.rules import promql

if TYPE_CHECKING:
    from promdrill.rules.rulefile import Rule
    from promdrill.virtual.labels import Labeller
    from promdrill.virtual.motion import Labels, Motion, Motions


@dataclass(frozen=True)
class State:
    """What is decided so far: how series move now, and how they moved an offset ago where that differs."""

    motions: Motions = field(default_factory=dict)
    past: Motions = field(default_factory=dict)
    copies: int = 1

    def decide(self, labels: Labels, motion: Motion) -> State:
        """Return the state with the motion of one more series."""
        return replace(self, motions={**self.motions, labels: motion})


@dataclass(frozen=True)
class Ground:
    """What does not change while an input is sought: labels, recording rules, samples, how far beyond a threshold.

    A window of `long` seconds or more holds little of what has just begun, if the alert has a much shorter one.
    """

    labeller: Labeller
    recorded: dict[str, tuple[Rule, ...]]
    sample: float
    long: float
    margin: float

    def looks_back(self, node: promql_parser.Expr) -> bool:
        """Tell whether a value depends on what was before: by an offset, or by a window that is long."""
        spans = (
            promql.seconds_of(one.range) for one in promql.nodes(node) if isinstance(one, promql_parser.MatrixSelector)
        )
        offsets = (promql.seconds_of(one.offset) for one in promql.selectors(node))
        return any(offset > 0 for offset in offsets) or any(span >= self.long for span in spans)


def recording(ground: Ground, selector: promql_parser.VectorSelector) -> promql_parser.Expr | None:
    """Return what records the series of a selector, if a rule does whose own labels its matchers accept."""
    for rule in ground.recorded.get(promql.metric(selector), ()):
        asked = [one for one in promql.matchers(selector) if one.label in rule.labels]
        if all(one.accepts(rule.labels[one.label]) for one in asked):
            return promql.parse(rule.expr)
    return None
