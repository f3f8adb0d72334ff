"""Named ways to break rules and their delivery, and what a run is given of them.

`TRANSFORMATIONS` is the table. A mutant is a transformation of one alert, `threshold_times_10:HighLLMErrorRate`, or one
of Alertmanager's configuration as a whole, `resolved_unsent`. Which of them a drill can show stands in
`promdrill/drill/rule_mutants.py`.
"""

from promdrill.rules.mutants.breaking import break_rules, reroute
from promdrill.rules.mutants.table import TRANSFORMATIONS, RuleMutant, Transformation
from promdrill.rules.mutants.tree import InapplicableError

__all__ = [
    "TRANSFORMATIONS",
    "InapplicableError",
    "RuleMutant",
    "Transformation",
    "break_rules",
    "reroute",
]
