"""Checks: pure functions from a run's evidence to results. One module each, found by being here."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from promdrill.checks.registry import CHECKS, Check, check

if TYPE_CHECKING:
    from collections.abc import Mapping


def all_checks() -> Mapping[str, Check]:
    """Return every check by its slug, importing the modules of this folder."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(CHECKS.items()))


__all__ = ["Check", "all_checks", "check"]
