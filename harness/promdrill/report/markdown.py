"""The verdict as Markdown, short enough for a CI job's summary page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.model import Status, Verdict
from promdrill.report import atomic
from promdrill.report.latencies import HEADER, latencies
from promdrill.report.wording import (
    boundary,
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
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from promdrill.model import Result

MOST = 100


def to_markdown(verdict: Verdict) -> str:
    """Return a verdict as GitHub's Markdown: the verdict, what is wrong, errata, then the summary.

    At most a hundred findings are listed, so that the page stays far below GitHub's limit of 1 MiB.
    """
    return "\n\n".join(_blocks(verdict)) + "\n"


def write_markdown(verdicts: Sequence[Verdict], path: Path) -> None:
    """Write the pages of all verdicts, one after the other. Raises UsageError where the path cannot be written."""
    atomic.write(path, "\n".join(map(to_markdown, verdicts)) or "No system was checked.\n")


def _blocks(verdict: Verdict) -> Iterator[str]:
    yield f"## {_cell(headline(verdict))}"
    for status in (Status.FAILED, Status.INCONCLUSIVE):
        if results := verdict.having(status):
            yield f"### {status.capitalize()}"
            yield _table(("claim", "what", "evidence", "promised", "remedy"), map(_finding, results[:MOST]))
            if len(results) > MOST:
                yield f"And {len(results) - MOST} more; the JSON report has them all."
    if errata := verdict.having(Status.ERRATUM):
        sides = ([_cell(side) for side in erratum_sides(claims)] for claims in by_erratum(errata)[:MOST])
        yield _fold(f"{count(len(errata), 'claim')} that the documents get wrong, proved", sides)
    if waived := verdict.having(Status.WAIVED):
        yield "### Waived"
        yield _table(("claim", "reason"), ((_code(result.subject), _cell(result.message)) for result in waived[:MOST]))
    yield "### Summary"
    rows = ((kind, *(str(counts[status]) for status in Status)) for kind, counts in kinds(verdict).items())
    yield _table(("kind", *(status.value for status in Status)), rows)
    if verdict.alerts:
        names = ("alert", "pending", "firing", "notified", "resolved", "notified of it", "fires at value", "proof")
        yield _table(
            names, ((_cell(life.alert), *moments(life), boundary(life), proved(life)) for life in verdict.alerts)
        )
    if measured := tuple(latencies(verdict)):
        yield _table(HEADER, (map(_cell, row) for row in measured))
    yield "\n".join(f"- {name}: {_cell(text)}" for name, text in summary(verdict))
    if gaps := verdict.coverage.gaps:
        yield "Claims without a check:"
        yield "\n".join(f"- {_cell(gap)}" for gap in gaps[:MOST])


def _finding(result: Result) -> tuple[str, ...]:
    claim = f"{_cell(result.kind)} {_code(result.subject)}"
    source = _code(str(result.source)) if result.source else ""
    return claim, _cell(result.message), _cell(figures(result)), source, _cell(result.remedy)


def _table(header: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    lines = (header, ["---"] * len(header), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _fold(title: str, rows: Iterable[Sequence[str]]) -> str:
    table = _table(("documented", "corrected"), rows)
    return f"<details><summary>{title}</summary>\n\n{table}\n\n</details>"


def _cell(text: str) -> str:
    """Return text as it is to be read: no markup in it, on one line, fit for a cell of a table."""
    plain = printable(text).translate({ord(mark): f"\\{mark}" for mark in "\\`*_[]|~$"})
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return fence + one_line(text).replace("|", "\\|") + fence
