from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.report import several
from promdrill.report.text import plain, plain_text

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from promdrill.model import Verdict


def test_what_is_wrong_is_shown_in_full(passed: Verdict, failed: Verdict, snapshot: SnapshotAssertion) -> None:
    """A system that passed has a line; one that did not has its whole report, and the worst verdict stands last."""
    shown = plain_text(lambda console: several.render([passed, failed], console, 43.0))
    assert shown.removeprefix(f"{plain(failed)}\n") == snapshot


def test_everything_in_full(passed: Verdict, failed: Verdict, snapshot: SnapshotAssertion) -> None:
    """With `verbose` every system has its whole report, all results listed."""
    shown = plain_text(lambda console: several.render([passed, failed], console, 43.0, verbose=True))
    pages = "".join(f"{plain(verdict, verbose=True)}\n" for verdict in (passed, failed))
    assert shown.removeprefix(pages) == snapshot
