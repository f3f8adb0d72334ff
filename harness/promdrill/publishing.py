"""What every command that ends with a verdict has in common: its options, where its evidence goes, its exit code."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, NoReturn

import click

from promdrill import conventions
from promdrill.commandline import REPORT
from promdrill.errors import Exit
from promdrill.model import Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rich.console import Console

EXITS = {Status.PASSED: Exit.PASSED, Status.FAILED: Exit.FAILED, Status.INCONCLUSIVE: Exit.INCONCLUSIVE}


def report_options(command: Any) -> Any:  # noqa: ANN401 - a decorator of whatever click makes
    """Give a command the options that say where its verdict goes."""
    for option in (
        click.option("--json", "json_file", type=REPORT, help="Write the verdict as JSON."),
        click.option("--junit", type=REPORT, help="Write the verdict as JUnit XML."),
        click.option("--markdown", type=REPORT, help="Write the verdict as a Markdown summary."),
        click.option("--verbose", "-v", is_flag=True, help="List every result, not only what is wrong."),
    ):
        command = option(command)
    return command


def report(verdict: Verdict, **output: Any) -> NoReturn:  # noqa: ANN401 - the report options
    """Print a verdict, write its reports, and end with its exit code."""
    from promdrill.report import text

    def print_it(console: Console) -> None:
        text.render(verdict, console, verbose=output["verbose"])

    publish_all([verdict], EXITS[verdict.status], print_it, output)


def publish_all(
    verdicts: list[Verdict], code: Exit, print_them: Callable[[Console], None], output: Mapping[str, Any]
) -> NoReturn:
    """Print verdicts, write their reports, and end with a code: that of wrong use where a report was not written."""
    from promdrill.report.publish import publish

    whole = publish(verdicts, print_them, {name: path for name, path in output.items() if name != "verbose"})
    sys.exit(int(code if whole or code is not Exit.PASSED else Exit.WRONG_USE))


def new_folder(system: str) -> Path:
    """Return a folder for the evidence of a run that is about to begin; no other run has it."""
    return conventions.EVIDENCE_FOLDER / f"{system}-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1000:03d}"
