"""What a system's documents promise, as data: records, and how they are read from a scenario folder."""

from promdrill.contract.drill import Drill
from promdrill.contract.records import Contract
from promdrill.contract.scenario import Scenario, bundled_systems, find_folder, load_scenario

__all__ = ["Contract", "Drill", "Scenario", "bundled_systems", "find_folder", "load_scenario"]
