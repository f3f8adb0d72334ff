from __future__ import annotations

import dataclasses
import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from promdrill.model import Coverage, Result, Status
from promdrill.report import text

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from promdrill.model import Verdict


def rendered(verdict: Verdict, *, width: int = 80, verbose: bool = False) -> list[str]:
    """Return the lines that a pipe gets, without the blanks at their ends."""
    console = Console(file=io.StringIO(), width=width, force_terminal=False, color_system=None)
    text.render(verdict, console, verbose=verbose)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_failure_is_first_and_verdict_last(failed: Verdict, snapshot: SnapshotAssertion) -> None:
    """What is wrong stands first, then errata and the summary, the verdict last; 80 columns and no colour suffice."""
    assert "\n".join(rendered(failed)) == snapshot


def test_nothing_checked(empty: Verdict, snapshot: SnapshotAssertion) -> None:
    """A run that checked nothing says so, and is not passed."""
    assert "\n".join(rendered(empty)) == snapshot


def test_passed_results_are_counted_not_listed(passed: Verdict) -> None:
    """Hundreds of kept promises take no more lines than one."""
    many = dataclasses.replace(passed, results=passed.results * 300)
    assert len(rendered(many)) == len(rendered(passed))
    assert rendered(many)[-1] == "till: passed: 300 results, in 2.5 s"


def test_verbose_lists_every_result(failed: Verdict) -> None:
    """With verbose, passed results are listed too."""
    assert "passed        metric   orders_total: orders_total is a counter by shop" in rendered(failed, verbose=True)


def test_many_failures_are_compact(failed: Verdict) -> None:
    """The first ten failures are shown in full, each of the others on one line, whatever its length."""
    one = failed.results[0]
    many = dataclasses.replace(failed, results=(one,) * 10 + (dataclasses.replace(one, subject="x" * 200),) * 10)
    lines = rendered(many)
    assert lines.count("  promised  docs/systems/shop.md:41") == 10
    assert "and 10 more, in full with --verbose:" in lines
    assert lines.count("counter  " + "x" * 70 + "…") == 10


def test_gaps_beyond_ten_are_counted(passed: Verdict) -> None:
    """A long list of gaps is cut, and says by how much."""
    gaps = dataclasses.replace(passed, coverage=Coverage(50, 1, tuple(f"metric m{n}" for n in range(49))))
    assert [line for line in rendered(gaps) if line.startswith("gap")][-1] == "gap       and 39 more"


@pytest.mark.parametrize("width", [80, 120, 200])
def test_no_line_is_wider_than_the_terminal(failed: Verdict, width: int) -> None:
    """Long words of a message are folded."""
    long = dataclasses.replace(failed.results[0], message="y" * 500, remedy="z " * 300)
    verdict = dataclasses.replace(failed, results=(long, *failed.results))
    assert max(map(len, rendered(verdict, width=width))) <= width


def test_promql_and_control_characters_are_shown_as_text(passed: Verdict) -> None:
    """Brackets are not taken for markup, colons not for emoji, and escape sequences do not reach the terminal."""
    result = Result("query", "rate(x[5m])", Status.FAILED, "[bold]:smile: \x1b[31m")
    verdict = dataclasses.replace(passed, status=Status.FAILED, results=(result,))
    assert rendered(verdict)[2:4] == ["query   rate(x[5m])", "  what  [bold]:smile: \N{REPLACEMENT CHARACTER}[31m"]


def test_an_erratum_stands_beside_its_correction(passed: Verdict) -> None:
    """With --verbose, what the document says and what is right stand side by side, once for all claims."""
    about = {"erratum": "e1", "documented": "always empty", "corrected": "rate(orders_total[5m]) * 60 < 3"}
    errata = tuple(
        Result("query", subject, Status.ERRATUM, "e1: it is always empty", about)
        for subject in ("rate(orders_total[5m]) < 3", "rate(orders_total[1h]) < 3")
    )
    lines = rendered(dataclasses.replace(passed, results=(*passed.results, *errata)), verbose=True)
    start = lines.index("documented                                corrected")
    assert lines[start + 2 : start + 5] == [
        "query rate(orders_total[5m]) < 3 and 1    rate(orders_total[5m]) * 60 < 3",
        "more claim",
        "always empty",
    ]
