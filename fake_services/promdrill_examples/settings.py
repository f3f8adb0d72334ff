"""What an app reads from the environment: texts that must be there, and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def required(environment: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Return the values of variables by their names in lower case; raises `ValueError` naming all that are missing."""
    names = tuple(names)
    if missing := [name for name in names if not environment.get(name)]:
        raise ValueError(f"the environment lacks {', '.join(missing)}")
    return {name.lower(): environment[name] for name in names}


def positive(environment: Mapping[str, str], name: str, default: str) -> float:
    """Return a variable's value as a finite number above zero; raises `ValueError`."""
    text = environment.get(name, default)
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ValueError(f"{name} must be a positive number, not {text!r}")
    return number
