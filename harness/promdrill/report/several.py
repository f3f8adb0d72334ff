"""The verdicts on several systems for a person at a terminal: what is wrong in full, then a line for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from promdrill.model import Status
from promdrill.report import text
from promdrill.report.wording import count, headline, overall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from promdrill.model import Verdict


def render(verdicts: Sequence[Verdict], console: Console, seconds: float, *, verbose: bool = False) -> None:
    """Print each verdict that is not passed (`verbose`: each) as if it were alone, then all in a line each, and of all.

    `seconds` is how long they took together.
    """
    for verdict in verdicts:
        if verbose or verdict.status is not Status.PASSED:
            text.render(verdict, console, verbose=verbose)
            console.print()
    for verdict in verdicts:
        console.print(Text(headline(verdict), text.STYLE[verdict.status]), soft_wrap=True)
    worst = overall(verdicts)
    last = f"{count(len(verdicts), 'system')}: {worst}, in {seconds:.1f} s"
    console.print(Text(last, text.STYLE[worst]), soft_wrap=True)
