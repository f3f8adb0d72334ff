"""Breaks the instrumentation of an app in one named way, before the app starts."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from promdrill_examples import mutants
from promdrill_examples.mutants.mechanisms import Mutant


def mutants_of(system: str) -> dict[str, Mutant]:
    """Return the mutants of a system in alphabetical order of their names; none if it has no module of them."""
    module = f"{mutants.__name__}.{system}"
    if find_spec(module) is None:
        return {}
    found = [value for value in vars(import_module(module)).values() if isinstance(value, Mutant)]
    return {mutant.name: mutant for mutant in sorted(found, key=lambda mutant: mutant.name)}


def apply(system: str, name: str) -> None:
    """Apply one mutant; raises `LookupError`, naming those that there are, if it does not exist."""
    known = mutants_of(system)
    if name not in known:
        raise LookupError(f"{system} has no mutant {name!r}; it has {', '.join(known) or 'none'}")
    known[name].apply()
