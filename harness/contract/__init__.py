"""What a system's documents promise, as data: records, and how they are read from a scenario folder."""

from harness.contract.drill import Drill
from harness.contract.load import Scenario, bundled_systems, find_folder, load_scenario
from harness.contract.records import Contract

__all__ = ["Contract", "Drill", "Scenario", "bundled_systems", "find_folder", "load_scenario"]
