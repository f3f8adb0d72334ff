"""What became of each mutant: caught, survived, or inconclusive; and of all of them together."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Column, Table
from rich.text import Text

from promdrill.errors import Exit
from promdrill.model import Result, Status
from promdrill.report.atomic import write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import Console

    from promdrill.model import Verdict
    from promdrill.mutants import Mutant

CAUGHT, SURVIVED, INCONCLUSIVE = "caught", "survived", "inconclusive"
STYLE = {CAUGHT: "green", SURVIVED: "red", INCONCLUSIVE: "yellow"}
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One app: its mutant, its verdict, the failed results that name the mutant's metric, and its seconds.

    `why` says what was in the way where the verdict is inconclusive, or what failed instead of the metric.
    """

    mutant: Mutant
    status: Status
    named: tuple[Result, ...]
    why: str
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong with the app."""
        return self.status is Status.PASSED

    @property
    def inconclusive(self) -> bool:
        """Whether nothing can be said of the app."""
        return self.status is Status.INCONCLUSIVE

    @property
    def outcome(self) -> str:
        """What became of the mutant: caught where a failed result names its metric."""
        if self.inconclusive:
            return INCONCLUSIVE
        return CAUGHT if self.named else SURVIVED

    @property
    def headline(self) -> str:
        """One line for the log."""
        if not self.mutant.name:
            return f"the unchanged app: {self.status}, in {self.seconds:.1f} s"
        return f"{self.mutant.name}: {self.outcome}, in {self.seconds:.1f} s"


@dataclass(frozen=True, slots=True)
class Matrix:
    """All apps of one system: the control, which is the app as it is, and a row for each mutant, by name."""

    system: str
    control: Row
    rows: tuple[Row, ...]
    seed: int
    seconds: float

    @property
    def exit_code(self) -> Exit:
        """Passed if every mutant is caught, failed if one survives, inconclusive if that cannot be said of one."""
        outcomes = {row.outcome for row in self.rows}
        if not self.control.passed:
            return Exit.INCONCLUSIVE
        if SURVIVED in outcomes:
            return Exit.FAILED
        return Exit.INCONCLUSIVE if INCONCLUSIVE in outcomes else Exit.PASSED


def of_verdict(mutant: Mutant, verdict: Verdict, seconds: float) -> Row:
    """Return what a verdict says of a mutant."""
    failed = [result for result in verdict.results if result.status is Status.FAILED]
    # The app as it is has no metric that is to be named.
    named = tuple(one for one in failed if mutant.metric and mutant.metric in f"{one.subject} {one.message}")
    reasons = [result.message for result in verdict.results if result.status is verdict.status]
    why = "" if verdict.status is Status.PASSED or named else "; ".join(reasons[:3])
    return Row(mutant, verdict.status, named, why, seconds)


def of_error(mutant: Mutant, error: str, seconds: float) -> Row:
    """Return the row of a mutant whose drill could not be brought to its end."""
    return Row(mutant, Status.INCONCLUSIVE, (), error, seconds)


def render(matrix: Matrix, console: Console) -> None:
    """Print the table, what is wrong, and one line about all."""
    if not matrix.control.passed:
        say = f"{matrix.system}: its mutants have no result, because the unchanged app was {matrix.control.status}"
        console.print(Text(f"{say}: {matrix.control.why}", "yellow"), soft_wrap=True)
        return
    table = Table(
        "mutant", "metric", "expected", "outcome", Column("seconds", justify="right"), box=None, pad_edge=False
    )
    for row in matrix.rows:
        table.add_row(
            row.mutant.name, row.mutant.metric, CAUGHT, Text(row.outcome, STYLE[row.outcome]), f"{row.seconds:.1f}"
        )
    console.print(table)
    for row in matrix.rows:
        if row.outcome != CAUGHT:
            console.print(Text("\n".join(_complaint(matrix, row)), STYLE[row.outcome]), soft_wrap=True)
    counts = {outcome: sum(row.outcome == outcome for row in matrix.rows) for outcome in STYLE}
    told = ", ".join(f"{number} {outcome}" for outcome, number in counts.items() if number or outcome == CAUGHT)
    console.print(f"\n{matrix.system}: of {len(matrix.rows)} mutants {told}, in {matrix.seconds:.1f} s", soft_wrap=True)


def _complaint(matrix: Matrix, row: Row) -> Iterator[str]:
    yield f"\n{row.mutant.name} {row.outcome}: {row.mutant.what}"
    if row.outcome == SURVIVED:
        yield f"  no failed result names {row.mutant.metric}{': ' if row.why else ''}{row.why}"
    else:
        yield f"  {row.why}"
    yield f"  to look closer: promdrill run {matrix.system} --mutant {row.mutant.name}"


def write_json(matrix: Matrix, path: Path) -> None:
    """Write all of it as JSON.

    Raises:
        UsageError: the file cannot be written.
    """
    data = {
        "schema": SCHEMA,
        "system": matrix.system,
        "seed": matrix.seed,
        "seconds": round(matrix.seconds, 1),
        "exit_code": int(matrix.exit_code),
        "control": {"verdict": matrix.control.status, **_common(matrix.control)},
        "mutants": [
            {
                "name": row.mutant.name,
                "metric": row.mutant.metric,
                "what": row.mutant.what,
                "expected": CAUGHT,
                "outcome": row.outcome,
                "verdict": row.status,
                **_common(row),
                "results": [_result(result) for result in row.named],
            }
            for row in matrix.rows
        ],
    }
    write(path, json.dumps(data, indent=2) + "\n")


def _common(row: Row) -> dict[str, Any]:
    return {"why": row.why, "seconds": round(row.seconds, 1)}


def _result(result: Result) -> dict[str, Any]:
    return {
        "kind": result.kind,
        "subject": result.subject,
        "status": result.status,
        "message": result.message,
        "evidence": dict(result.evidence),
        "source": str(result.source) if result.source else None,
        "remedy": result.remedy,
    }
