"""The named mutants of a system's app: modules in a folder, read and not imported."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill import conventions
from promdrill.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from promdrill.contract import Drill


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way to break an app: its name, the metric that a verdict must name, and what is broken."""

    name: str
    metric: str
    what: str


def list_mutants(drill: Drill) -> tuple[Mutant, ...]:
    """Return the mutants of a system's app, by name.

    Raises:
        UsageError: the drill names no folder of mutants, or one that is not there.
    """
    if drill.app.mutants is None:
        raise UsageError("this system has no mutants: app.mutants in drill.yml names no folder")
    folder = conventions.FAKES_ROOT / drill.app.mutants
    if not folder.is_dir():
        raise UsageError(f"the folder of mutants {drill.app.mutants} is not there")
    return tuple(_read(path) for path in sorted(folder.glob("*.py")) if not path.name.startswith("_"))


def find_mutant(drill: Drill, name: str) -> Mutant:
    """Return a mutant by its name.

    Raises:
        UsageError: there is none of that name.
    """
    found = {mutant.name: mutant for mutant in list_mutants(drill)}
    if name not in found:
        raise UsageError(
            f"there is no mutant {name!r}{did_you_mean(name, found)}; `promdrill mutants` lists all {len(found)}"
        )
    return found[name]


def _read(path: Path) -> Mutant:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    metric = next(
        (
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["METRIC"]
        ),
        "",
    )
    what = (ast.get_docstring(tree) or "").split("\n")[0]
    return Mutant(path.stem, metric, what)
