"""What a run is given of rule mutants: its rules, already compressed, and Alertmanager's configuration, both broken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promdrill.rules.compress import rule_files
from promdrill.rules.mutants.table import TRANSFORMATIONS, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promdrill.rules.compress import CompressedRules
    from promdrill.rules.mutants.routing import Routing
    from promdrill.rules.mutants.table import Replaced, RuleMutant
    from promdrill.rules.rulefile import Rule


def break_rules(rules: Sequence[Rule], compressed: CompressedRules, mutants: Iterable[RuleMutant]) -> CompressedRules:
    """Return compressed rules with mutants in them; factors and deadlines stay those of the documented rules."""
    changed: Replaced = {}
    for mutant in mutants:
        changed |= mutant.replaced
    factors = dict(compressed.factors)
    broken = []
    for place, rule in enumerate(rules):
        for other in changed.get(place, (rule,)):
            factors.setdefault(other.name, factors[rule.name])
            broken.append(other)
    return replace(compressed, files=rule_files(broken, factors))


def reroute(routing: Routing, names: Sequence[str]) -> Routing:
    """Return Alertmanager's configuration with those mutants in it that change the delivery."""
    for name in names:
        transformation, _, alert = name.partition(":")
        if TRANSFORMATIONS[transformation].target in {Target.ROUTE, Target.ROUTING}:
            routing = TRANSFORMATIONS[transformation].change(routing, alert)
    return routing
