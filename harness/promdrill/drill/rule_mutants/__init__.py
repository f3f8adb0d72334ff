"""Named ways to break a system's rules and their delivery: which apply to a system, and what a run is given of them.

`TRANSFORMATIONS` is the table. A mutant is a transformation of one alert, `threshold_times_10:HighLLMErrorRate`, or one
of Alertmanager's configuration as a whole, `resolved_unsent`.
"""

from promdrill.drill.rule_mutants.breaking import break_rules, rerouted
from promdrill.drill.rule_mutants.offer import Offer, RuleMutant, find_rule_mutants, offer
from promdrill.drill.rule_mutants.table import TRANSFORMATIONS, Transformation
from promdrill.drill.rule_mutants.tree import InapplicableError

__all__ = [
    "TRANSFORMATIONS",
    "InapplicableError",
    "Offer",
    "RuleMutant",
    "Transformation",
    "break_rules",
    "find_rule_mutants",
    "offer",
    "rerouted",
]
