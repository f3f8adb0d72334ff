"""The named mutants of a system's app: functions of a module, which is read and not imported."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill import conventions
from promdrill.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promdrill.contract import Scenario

# The name of the decorator that makes a function a mutant; its argument is the metric.
DECORATOR = "mutant"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way to break an app: its name, the metric that a verdict must name, and what is broken."""

    name: str
    metric: str
    what: str


def list_mutants(scenario: Scenario) -> tuple[Mutant, ...]:
    """Return the mutants of a system's app, by name.

    They are the functions under `@mutant("metric")` of the module that `app.mutants` names, or of all modules of the
    folder that it names: beside drill.yml, or where the example apps lie.

    Raises:
        UsageError: the drill names no module, or one that is not there or cannot be read.
    """
    named = scenario.drill.app.mutants
    if named is None:
        raise UsageError("this system has no mutants: app.mutants in drill.yml names no module")
    path = next((path for path in (scenario.folder / named, conventions.FAKES_ROOT / named) if path.exists()), None)
    if path is None:
        raise UsageError(f"the module of mutants {named} is not there")
    modules = sorted(path.glob("*.py")) if path.is_dir() else [path]
    found: dict[str, Mutant] = {}
    for mutant in (mutant for module in modules for mutant in _read(module)):
        if mutant.name in found:
            raise UsageError(f"{named} has two mutants {mutant.name}")
        found[mutant.name] = mutant
    return tuple(found[name] for name in sorted(found))


def find_mutant(scenario: Scenario, name: str) -> Mutant:
    """Return a mutant by its name.

    Raises:
        UsageError: there is none of that name.
    """
    found = {mutant.name: mutant for mutant in list_mutants(scenario)}
    if name not in found:
        raise UsageError(
            f"there is no mutant {name!r}{did_you_mean(name, found)}; `promdrill mutants` lists all {len(found)}"
        )
    return found[name]


def _read(path: Path) -> Iterator[Mutant]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise UsageError(f"the mutants in {path} cannot be read: {error}") from error
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for mark in node.decorator_list:
            match mark:
                case ast.Call(ast.Name(name) | ast.Attribute(attr=name), [ast.Constant(str(metric))]) if (
                    name == DECORATOR
                ):
                    yield Mutant(node.name, metric, (ast.get_docstring(node) or "").split("\n")[0])
                case ast.Call(ast.Name(name) | ast.Attribute(attr=name)) | ast.Name(name) if name == DECORATOR:
                    raise UsageError(f'{path}:{mark.lineno}: write @{DECORATOR}("metric"), with the name of one metric')
