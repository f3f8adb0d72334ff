from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.report import several
from promdrill.report.text import plain, unadorned

if TYPE_CHECKING:
    from promdrill.model import Verdict

LAST = [
    "till: passed: 1 result, in 2.5 s",
    "shop: failed: orders_total, in 41.2 s",
    "2 systems: failed, in 43.0 s",
]


def test_what_is_wrong_is_shown_in_full(passed: Verdict, failed: Verdict) -> None:
    """A system that passed has a line; one that did not has its whole report, and the worst verdict stands last."""
    shown = unadorned(lambda console: several.render([passed, failed], console, 43.0))
    assert shown.splitlines() == [*plain(failed).splitlines(), "", *LAST]


def test_everything_in_full(passed: Verdict, failed: Verdict) -> None:
    """With `verbose` every system has its whole report, all results listed."""
    shown = unadorned(lambda console: several.render([passed, failed], console, 43.0, verbose=True))
    pages = [line for verdict in (passed, failed) for line in [*plain(verdict, verbose=True).splitlines(), ""]]
    assert shown.splitlines() == [*pages, *LAST]
