"""Checks: pure functions from a run's evidence to results. One module each, found by being here.

Other distributions bring checks by entry points of the group `promdrill.checks` (docs/extending.md). Those may use the
names below; all else in this package is private.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from promdrill import conventions
from promdrill.checks.plugins import load_plugins, page_beside
from promdrill.checks.registry import CHECKS, Check, ResultsFor, check
from promdrill.evidence import Evidence
from promdrill.model import Result, Source, Status

if TYPE_CHECKING:
    from collections.abc import Mapping


def all_checks() -> Mapping[str, Check]:
    """Return every check by its slug: those of this folder, and those of other distributions.

    Raises:
        UsageError: one of the others cannot be imported, or has the slug of another.
    """
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted({**CHECKS, **load_plugins(CHECKS)}.items()))


def read_page(slug: str) -> str:
    """Return the page of a check in Markdown; of one from outside that has no page, what its docstring says.

    Raises:
        UsageError: what `all_checks` does.
    """
    check = all_checks()[slug]
    if check.__module__.startswith(f"{__name__}."):
        return (conventions.CHECK_PAGES / f"{slug}.md").read_text(encoding="utf-8")
    return page_beside(slug, check)


__all__ = ["Check", "Evidence", "Result", "ResultsFor", "Source", "Status", "all_checks", "check", "read_page"]
