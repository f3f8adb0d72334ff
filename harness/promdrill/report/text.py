"""The verdict for a person at a terminal: what is wrong first, the verdict last."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from promdrill.model import Result, Status, Verdict
from promdrill.report.latencies import HEADER, latencies
from promdrill.report.wording import (
    by_erratum,
    count,
    erratum_sides,
    figures,
    headline,
    kinds,
    moments,
    one_line,
    printable,
    proved,
    summary,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

IN_FULL = 10
PLAIN_WIDTH = 160
STYLE = {
    Status.PASSED: "green",
    Status.FAILED: "bold red",
    Status.INCONCLUSIVE: "bold yellow",
    Status.ERRATUM: "cyan",
    Status.WAIVED: "magenta",
}


def render(verdict: Verdict, console: Console, *, verbose: bool = False) -> None:
    """Print a verdict: failures, what could not be looked at, errata, a summary; its last line is the verdict.

    The first ten failures are shown in full and the others on a line each. `verbose` shows all of them in full, each
    erratum beside its correction, and lists every result.
    """
    in_full = len(verdict.results) if verbose else IN_FULL
    failed, inconclusive = verdict.having(Status.FAILED), verdict.having(Status.INCONCLUSIVE)
    if failed:
        _title(console, Status.FAILED, f"FAILED: {count(len(failed), 'broken promise')}")
        _findings(console, failed, in_full)
    if inconclusive:
        _title(console, Status.INCONCLUSIVE, f"INCONCLUSIVE: {count(len(inconclusive), 'claim')} could not be checked")
        _findings(console, inconclusive, in_full)
    if errata := verdict.having(Status.ERRATUM):
        _title(console, Status.ERRATUM, f"ERRATA: {count(len(errata), 'claim')} that the documents get wrong, proved")
        (_errata if verbose else _list_errata)(console, errata)
    if verbose:
        _title(console, verdict.status, "ALL RESULTS")
        _all(console, verdict.results)
    _title(console, verdict.status, "SUMMARY")
    _kinds(console, verdict)
    _alerts(console, verdict)
    # In a drill the alerts are what is asked for.
    if verbose or not verdict.alerts:
        _latencies(console, verdict)
    _facts(console, verdict, in_full)
    console.print(Text(headline(verdict), STYLE[verdict.status]), soft_wrap=True)


def plain(verdict: Verdict, *, verbose: bool = False) -> str:
    """Return what `render` prints, for a pipe or a file."""
    return plain_text(lambda console: render(verdict, console, verbose=verbose))


def plain_text(print_it: Callable[[Console], None]) -> str:
    """Return what is printed on a console: no colours, no blanks at line ends, wide enough to grep."""
    page = io.StringIO()
    print_it(Console(file=page, width=PLAIN_WIDTH, color_system=None))
    return "".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())


def _title(console: Console, status: Status, text: str) -> None:
    console.print(Text(text, STYLE[status]))
    console.print()


def _findings(console: Console, results: Sequence[Result], in_full: int) -> None:
    """Print the first results in full and the others on one line each."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for result in results[:in_full]:
        table.add_row(Text(result.kind), Text(printable(result.subject), "bold"))
        for name, text in (
            ("what", result.message),
            ("evidence", figures(result)),
            ("promised", str(result.source or "")),
            ("remedy", result.remedy),
        ):
            if text:
                table.add_row(f"  {name}", Text(printable(text)))
        table.add_row()
    console.print(table)
    if rest := results[in_full:]:
        console.print(Text(f"and {len(rest)} more, in full with --verbose:"))
        width = max(len(result.kind) for result in rest)
        for result in rest:
            line = one_line(f"{result.subject}: {figures(result) or result.message}")
            console.print(Text(f"{result.kind:{width}}  {line}"), no_wrap=True, overflow="ellipsis")
        console.print()


def _errata(console: Console, errata: Sequence[Result]) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=True, leading=1)
    table.add_column("documented", ratio=1, overflow="fold")
    table.add_column("corrected", ratio=1, overflow="fold")
    for claims in by_erratum(errata):
        documented, corrected = erratum_sides(claims)
        table.add_row(Text(documented), Text(corrected))
    console.print(table)
    console.print()


def _list_errata(console: Console, errata: Sequence[Result]) -> None:
    """Print each erratum in a sentence: what is known to be wrong must not hide what has just been found."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    for claims in by_erratum(errata):
        name, _, said = printable(claims[0].message).partition(": ")
        table.add_row(Text(name), Text(said))
    console.print(table)
    console.print()


def _all(console: Console, results: Sequence[Result]) -> None:
    table = Table.grid(padding=(0, 2))
    for _ in ("status", "kind"):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for result in results:
        message = printable(f"{result.subject}: {result.message}")
        table.add_row(Text(result.status, STYLE[result.status]), Text(result.kind), Text(message))
    console.print(table)
    console.print()


def _kinds(console: Console, verdict: Verdict) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("kind", no_wrap=True)
    for status in Status:
        table.add_column(status.value, justify="right")
    for kind, counts in kinds(verdict).items():
        cells = (Text(str(counts[status] or "-"), STYLE[status] if counts[status] else "dim") for status in Status)
        table.add_row(Text(kind), *cells)
    console.print(table)
    console.print()


def _alerts(console: Console, verdict: Verdict) -> None:
    if not verdict.alerts:
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("alert", overflow="fold")
    for name in ("pending", "firing", "notified", "resolved", "notified of it"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("proof", no_wrap=True)
    for life in verdict.alerts:
        table.add_row(Text(life.alert), *moments(life), proved(life))
    console.print(table)
    console.print()


def _latencies(console: Console, verdict: Verdict) -> None:
    rows = tuple(latencies(verdict))
    if not rows:
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for number, name in enumerate(HEADER):
        table.add_column(name, overflow="fold", justify="left" if number in {0, 2} else "right", no_wrap=number > 0)
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)
    console.print()


def _facts(console: Console, verdict: Verdict, in_full: int) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    gaps = verdict.coverage.gaps
    more = (f"and {len(gaps) - in_full} more",) if len(gaps) > in_full else ()
    rows = [("waived", f"{result.subject}: {result.message}") for result in verdict.having(Status.WAIVED)]
    rows += [("gap", gap) for gap in (*gaps[:in_full], *more)]
    for name, text in (*rows, *summary(verdict)):
        table.add_row(name, Text(printable(text)))
    console.print(table)
    console.print()
