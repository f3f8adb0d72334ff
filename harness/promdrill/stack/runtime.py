"""What the parts of a stack are: processes of this machine, or containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill import conventions, extras
from promdrill.contract.drill import Cut
from promdrill.errors import UsageError
from promdrill.options import Kind
from promdrill.stack.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promdrill.contract import Scenario


def runtime(kind: Kind, folder: Path, scenario: Scenario, announce: Callable[[str], None]) -> Processes:
    """Return what starts the parts of a scenario; the evidence is in `folder`.

    Raises:
        StackError: containers are asked for, and no engine answers.
        UsageError: a fault of the drill is to strike what only containers have, or a library is not installed.
    """
    logs = folder / "logs"
    if kind is Kind.AUTO and extras.missing(extras.CONTAINERS):
        announce("promdrill[containers] is not installed, so the parts are processes")
        kind = Kind.PROCESSES
    if kind is not Kind.PROCESSES:
        extras.require(extras.CONTAINERS, "a stack of containers")
        from promdrill.stack.containers import Containers  # noqa: PLC0415 - it takes a third of a second
        from promdrill.stack.engine import EngineNotFoundError  # noqa: PLC0415

        try:
            return Containers(logs, folder, [scenario.folder], announce)
        except EngineNotFoundError as error:
            if kind is Kind.CONTAINERS:
                raise
            announce(f"No container engine answers, so the parts are processes: {str(error).splitlines()[0]}")
    if cut := [name for name, fault in scenario.drill.faults.items() if isinstance(fault, Cut)]:
        raise UsageError(
            f"{scenario.drill_file.name}: the fault {cut[0]} cuts the app off from its network, which processes of one"
            " machine share: drill with `--stack containers`"
        )
    return Processes(logs, folder / conventions.WORK_FOLDER)
