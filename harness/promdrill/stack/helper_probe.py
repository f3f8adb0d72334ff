"""Calls an app's instrumentation interface and writes, as JSON, what each call did to its registry.

Run as a process of its own, because it imports the app's code: `python -P helper_probe.py CALLS ANSWERS`, two files.
CALLS holds `{"module", "registry", "path": [folder], "calls": [call]}`, the path being where modules are looked for
first; a call is `{"id", "helper": "Class.method", "call": {parameter: value}, "context": bool}`. ANSWERS maps each id
to `{"parameters": [...], "effect": {series: increase}}` or to `{"error": text}`.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from pathlib import Path
from typing import Any


def observe(module: Any, registry: Any, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - anybody's module
    """Return the parameters of one helper and the increases that one call of it caused."""
    helper: Any = module
    for part in request["helper"].split("."):
        helper = getattr(helper, part)
    parameters = list(inspect.signature(helper).parameters)
    before = _values(registry)
    if request["context"]:
        with helper(**request["call"]):
            pass
    else:
        helper(**request["call"])
    after = _values(registry)
    effect = {series: value - before.get(series, 0.0) for series, value in after.items()}
    return {"parameters": parameters, "effect": {series: delta for series, delta in effect.items() if delta}}


def _values(registry: Any) -> dict[str, float]:  # noqa: ANN401 - any CollectorRegistry
    return {
        sample.name + _format_labels(sample.labels): sample.value
        for family in registry.collect()
        for sample in family.samples
    }


def _format_labels(labels: dict[str, str]) -> str:
    return "{" + ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items())) + "}" if labels else ""


def main() -> None:
    """Answer the calls of one file in another."""
    asked, answered = map(Path, sys.argv[1:])
    request = json.loads(asked.read_text(encoding="utf-8"))
    sys.path[:0] = request["path"]
    module = importlib.import_module(request["module"])
    registry = getattr(module, request["registry"])
    answers = {}
    for call in request["calls"]:
        try:
            answers[call["id"]] = observe(module, registry, call)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the app's code raises is the answer
            answers[call["id"]] = {"error": f"{type(error).__name__}: {error}"}
    answered.write_text(json.dumps(answers), encoding="utf-8")


if __name__ == "__main__":
    main()
