"""What a system's documents promise, as data: records, and how they are read from a scenario folder."""

from promdrill.contract.drill import Drill
from promdrill.contract.load import Scenario, bundled_systems, find_folder, load_scenario
from promdrill.contract.records import Contract

__all__ = ["Contract", "Drill", "Scenario", "bundled_systems", "find_folder", "load_scenario"]
