"""Checks of other distributions, found by their entry points; where one fails, it says whose it is."""

from __future__ import annotations

import functools
import inspect
import traceback
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from promdrill.errors import EvidenceError, UsageError
from promdrill.model import Result, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from promdrill.checks.registry import Check
    from promdrill.evidence import Evidence

GROUP = "promdrill.checks"
OURS = "promdrill"


def load_plugins(taken: Collection[str]) -> Mapping[str, Check]:
    """Return the checks of other distributions by slug; `taken` are the slugs of our own.

    Raises:
        UsageError: one of them cannot be imported, or two have one slug.
    """
    found: dict[str, Check] = {}
    owners = dict.fromkeys(taken, OURS)
    for entry in entry_points(group=GROUP):
        slug, owner = entry.name, entry.dist.name if entry.dist else "an unknown distribution"
        if slug in owners:
            raise UsageError(
                f"two checks are called {slug!r}: one of {owners[slug]}, one of {owner}; uninstall one of the two"
            )
        try:
            function = entry.load()
        except Exception as error:
            raise UsageError(
                f"the check {slug!r} of the plug-in {owner} ({entry.value}) cannot be imported: {error!r};"
                f" fix {owner}, or uninstall it"
            ) from error
        owners[slug] = owner
        found[slug] = _guard(slug, owner, function)
    return found


def page_beside(slug: str, check: Check) -> str:
    """Return the page `SLUG.md` beside the module of a check, or its docstring where there is no such file."""
    page = Path(inspect.getfile(inspect.unwrap(check))).with_name(f"{slug}.md")
    return page.read_text(encoding="utf-8") if page.is_file() else f"# {slug}\n\n{inspect.getdoc(check)}\n"


def _of_kind(slug: str, result: Result) -> Result:
    if result.kind != slug:
        raise ValueError(f"its results must have the kind {slug!r}, not {result.kind!r}")
    return result


def _guard(slug: str, owner: str, function: Check) -> Check:
    """Return a check that is inconclusive where the function raises: a plug-in takes nothing from other checks."""

    @functools.wraps(function)
    def guard(evidence: Evidence) -> Iterator[Result]:
        try:
            for result in function(evidence):
                yield _of_kind(slug, result)
        except EvidenceError:
            raise  # the evidence is broken, which is no fault of the check
        except Exception as error:  # noqa: BLE001 - whatever somebody else's code raises
            yield Result(
                slug,
                slug,
                Status.INCONCLUSIVE,
                f"the check {slug} of the plug-in {owner} failed: {error!r}",
                {"plugin": owner, "error": repr(error), "traceback": traceback.format_exc()},
                remedy=f"report this to those who maintain {owner}, or uninstall it",
            )

    guard.__doc__ = guard.__doc__ or f"A check of {owner}."
    return guard
