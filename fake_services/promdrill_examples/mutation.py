"""Breaks the instrumentation of an app in one named way, before the app starts."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from promdrill_examples import mutants


def names(system: str) -> tuple[str, ...]:
    """Return the names of a system's mutants in alphabetical order; none if the system has no folder of them."""
    folders = [f"{path}/{system}" for path in mutants.__path__]
    return tuple(sorted(module.name for module in pkgutil.iter_modules(folders)))


def apply(system: str, name: str) -> None:
    """Apply one mutant; raises `LookupError`, naming those that there are, if it does not exist."""
    known = names(system)
    if name not in known:
        raise LookupError(f"{system} has no mutant {name!r}; it has {', '.join(known) or 'none'}")
    import_module(f"{mutants.__name__}.{system}.{name}").apply()
