"""The proofs for a person, and as JSON."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table
from rich.text import Text

from promdrill.durations import notation
from promdrill.errors import Exit
from promdrill.prove.compare import MISTAKE
from promdrill.prove.proof import Proof, State
from promdrill.report.atomic import write
from promdrill.report.publish import Terminal
from promdrill.report.text import plain_text
from promdrill.report.wording import count, printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from promdrill.prove.compare import Change

STYLE = {State.PROVED: "green", State.BROKEN: "bold red", State.OUT_OF_REACH: "yellow", State.MISTAKE: "bold red"}


@dataclass(frozen=True)
class Report:
    """What is known of each alert, and what changed since an older version, where one was given."""

    proofs: Sequence[Proof]
    changes: Sequence[Change]
    promtool: str
    seconds: float

    def exit_code(self, *, strict: bool) -> Exit:
        """Return 3 where promdrill made a mistake, and 1 where an alert is broken.

        If strict, it is 1 for changes, too, and 3 for what is out of reach.
        """
        states = {proof.state for proof in self.proofs}
        if State.MISTAKE in states or any(change.what == MISTAKE for change in self.changes):
            return Exit.INCONCLUSIVE
        if State.BROKEN in states or (strict and any(change.what != "same" for change in self.changes)):
            return Exit.FAILED
        return Exit.INCONCLUSIVE if strict and State.OUT_OF_REACH in states else Exit.PASSED


def publish(report: Report, json_file: Path | None) -> None:
    """Print a report, and write it as JSON where that is asked for.

    Raises:
        UsageError: the file cannot be written.
    """
    if json_file:
        write(json_file, as_json(report))
    if sys.stdout.isatty():
        render(report, Terminal())
    else:
        click.echo(plain_text(lambda console: render(report, console)), nl=False)


def render(report: Report, console: Console) -> None:
    """Print one line for each alert, its remedy and its input where it is broken, then what changed, then the sum."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for proof in report.proofs:
        table.add_row(
            Text(proof.state, STYLE[proof.state]),
            Text(printable(proof.placed.rule.name)),
            Text(printable(proof.message)),
        )
        if proof.state is State.BROKEN:
            for text in (f"{proof.placed.rule.file}:{proof.placed.line}", proof.remedy, *_inputs(proof)):
                table.add_row("", "", Text(printable(text), "dim"))
    console.print(table)
    if report.changes:
        console.print()
        console.print(Text("CHANGES"))
        changes = Table.grid(padding=(0, 2))
        changes.add_column(no_wrap=True)
        changes.add_column(overflow="fold")
        for change in report.changes:
            changes.add_row(Text(printable(change.alert)), Text(printable(change.message)))
        console.print(changes)
    states = ", ".join(f"{number} {state}" for state, number in _counts(report).items())
    console.print()
    console.print(Text(f"{count(len(report.proofs), 'alert')} in {report.seconds:.1f} s: {states}"), soft_wrap=True)


def _counts(report: Report) -> dict[State, int]:
    """Return how many alerts are in each state; a mistake is counted only where there is one."""
    counts = Counter(proof.state for proof in report.proofs)
    return {state: counts[state] for state in State if counts[state] or state is not State.MISTAKE}


def _inputs(proof: Proof) -> list[str]:
    interval = f" every {notation(proof.problem.plan.sample)}" if proof.problem else ""
    return [f"input: {one['series']} = {one['values']}{interval}" for one in proof.inputs]


def as_json(report: Report) -> str:
    """Return the report as JSON, in a form that stays (docs/alerts.md)."""
    data: dict[str, Any] = {
        "schema": 1,
        "promtool": report.promtool,
        "seconds": round(report.seconds, 1),
        "summary": {state.value: number for state, number in _counts(report).items()},
        "alerts": [_alert(proof) for proof in report.proofs],
        "changes": [
            {"alert": one.alert, "change": one.what, "by": one.by, "message": one.message} for one in report.changes
        ],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _alert(proof: Proof) -> dict[str, Any]:
    rule, found, life = proof.placed.rule, proof.found, proof.life
    return {
        "alert": rule.name,
        "file": rule.file,
        "line": proof.placed.line,
        "state": proof.state.value,
        "boundary": list(found.boundary) if found and found.boundary else None,
        "for": rule.for_,
        "states": list(life.states) if life else [],
        "also_fires_at": [name for name, fires in life.also.items() if fires] if life else [],
        "message": proof.message,
        "remedy": proof.remedy,
        "interval": notation(proof.problem.plan.sample) if proof.problem else None,
        "input": [dict(one) for one in proof.inputs],
        "test": proof.test,
    }
