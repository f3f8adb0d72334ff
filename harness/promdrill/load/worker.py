"""One machine of a distributed load: Locust processes that do what a master elsewhere says, until it is over."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from promdrill import extras
from promdrill.load.generator import Generator, locust_worker
from promdrill.stack.processes import Processes

if TYPE_CHECKING:
    from promdrill.contract import Scenario


def serve(scenario: Scenario, host: str, port: int, processes: int) -> None:
    """Make load until the master says that it is over.

    Raises:
        LoadError: Locust failed, or found no master.
        UsageError: a library is not installed.
    """
    extras.require(extras.RUN, "a load")
    with Processes() as parts:
        folder = parts.temporary_folder()
        part = locust_worker(scenario, (host, port), processes, folder)
        Generator.start(parts, part, folder).wait(math.inf)
