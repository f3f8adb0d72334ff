"""Calls an app's instrumentation interface and prints, as JSON, what each call did to its registry.

Run as a process of its own, because it imports the app's code: `python helper_probe.py MODULE REGISTRY`, with a JSON
list of calls on standard input: `{"id", "helper": "Class.method", "call": {parameter: value}, "context": bool}`. The
answer maps each id to `{"parameters": [...], "effect": {series: increase}}` or to `{"error": text}`.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
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
        sample.name + _shown(sample.labels): sample.value for family in registry.collect() for sample in family.samples
    }


def _shown(labels: dict[str, str]) -> str:
    return "{" + ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items())) + "}" if labels else ""


def main() -> None:
    """Answer the calls on standard input."""
    module = importlib.import_module(sys.argv[1])
    registry = getattr(module, sys.argv[2])
    answers = {}
    for request in json.load(sys.stdin):
        try:
            answers[request["id"]] = observe(module, registry, request)
        except Exception as error:  # noqa: BLE001 - whatever the app's code raises is the answer
            answers[request["id"]] = {"error": f"{type(error).__name__}: {error}"}
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
