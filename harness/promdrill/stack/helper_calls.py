"""An app's instrumentation interface, called in a process of its own: the app's code is not let into promdrill's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promdrill import conventions
from promdrill.contract.records import HelperCall
from promdrill.errors import StackError
from promdrill.stack import helper_probe
from promdrill.stack.part import Part

if TYPE_CHECKING:
    from promdrill.contract import Scenario
    from promdrill.stack.processes import Processes

SECONDS = 60.0


def call_helpers(scenario: Scenario, processes: Processes) -> dict[str, Any]:
    """Call each documented helper, and those that errata name; return what each did, by name, or by erratum and proof.

    The module is looked for beside `contract.yml`, then in the project, then where promdrill was called. One that
    cannot be imported, crashes or does not end makes each answer `{"error": text}`.
    """
    helpers = scenario.contract.helpers
    if helpers is None:
        return {}
    calls: list[dict[str, Any]] = [
        {"id": name, "helper": name, "call": helper.call, "context": helper.context}
        for name, helper in helpers.interface.items()
    ] + [
        {"id": f"{erratum.id} {side}", "helper": proof.helper, "call": proof.call, "context": False}
        for erratum in scenario.contract.errata
        for side, proof in (("shown_by", erratum.shown_by), ("corrected_by", erratum.corrected_by))
        if isinstance(proof, HelperCall)
    ]
    folder = processes.temporary_folder()
    request = {
        "module": helpers.module,
        "registry": helpers.registry,
        "path": [str(place) for place in (scenario.folder, conventions.ROOT, Path.cwd())],
        "calls": calls,
    }
    # By files, not by standard output: that is the app's to print on.
    asked, answered = folder / "calls.json", folder / "answers.json"
    asked.write_text(json.dumps(request), encoding="utf-8")
    command = [*conventions.PYTHON, helper_probe.__file__, str(asked), str(answered)]
    try:
        processes.run_to_end(Part("helpers", command, {}, seconds=SECONDS))
        return dict(json.loads(answered.read_text(encoding="utf-8")))
    except FileNotFoundError:
        error = "it ended the process that imported it"
    except StackError as raised:
        error = str(raised)
    return {str(call["id"]): {"error": f"{helpers.module} could not be called: {error}"} for call in calls}
