"""`promdrill mutants SYSTEM --run`: run them, print the table, write the file, and give the exit code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from promdrill.matrix.outcome import render, write_json
from promdrill.matrix.run import choose, run_matrix
from promdrill.report import text
from promdrill.report.publish import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from promdrill.contract import Scenario
    from promdrill.errors import Exit


def run_and_report(  # noqa: PLR0913 - the options of the command
    scenario: Scenario,
    names: Sequence[str],
    *,
    seed: int,
    jobs: int | None,
    json_file: Path | None,
    announce: Callable[[str], None],
) -> Exit:
    """Run the mutants of these names, or all, and return the exit code.

    Raises:
        UsageError: there is none of a name, or the file cannot be written.
    """
    chosen = choose(scenario, names)
    matrix = run_matrix(scenario, chosen, seed=seed, jobs=jobs or 2 * (os.cpu_count() or 1), announce=announce)
    if json_file:
        write_json(matrix, json_file)
    if sys.stdout.isatty():
        render(matrix, Terminal())
    else:
        click.echo(text.plain_text(lambda console: render(matrix, console)), nl=False)
    return matrix.exit_code
