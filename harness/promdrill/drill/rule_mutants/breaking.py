"""What a run is given of rule mutants: its rules, already compressed, and Alertmanager's configuration, both broken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promdrill.drill.compress import written
from promdrill.drill.rule_mutants.table import TRANSFORMATIONS, Replaced, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promdrill.contract import Scenario
    from promdrill.drill.compress import Compressed
    from promdrill.drill.rule_mutants.offer import RuleMutant
    from promdrill.drill.rule_mutants.routing import Routing


def break_rules(scenario: Scenario, compressed: Compressed, mutants: Iterable[RuleMutant]) -> Compressed:
    """Return compressed rules with mutants in them; factors and deadlines stay those of the documented rules."""
    changed: Replaced = {}
    for mutant in mutants:
        changed |= mutant.replaced
    factors = dict(compressed.factors)
    rules = []
    for place, rule in enumerate(scenario.rules):
        for other in changed.get(place, (rule,)):
            factors.setdefault(other.name, factors[rule.name])
            rules.append(other)
    return replace(compressed, files=written(rules, factors))


def rerouted(routing: Routing, names: Sequence[str]) -> Routing:
    """Return Alertmanager's configuration with those mutants in it that change the delivery."""
    for name in names:
        transformation, _, alert = name.partition(":")
        if TRANSFORMATIONS[transformation].target in {Target.ROUTE, Target.ROUTING}:
            routing = TRANSFORMATIONS[transformation].change(routing, alert)
    return routing
