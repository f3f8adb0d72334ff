"""Options and types of parameters that several commands have."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click


class ReportPath(click.Path):
    """A file to write a report to, refused before a run rather than after it when its folder is not there."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - click's own signature
        """Return the path."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.parent.is_dir():
            self.fail(f"the folder {path.parent} is not there", param, ctx)
        return path


REPORT = ReportPath(dir_okay=False, writable=True)

seed_option = click.option(
    "--seed", type=int, default=1, show_default=True, help="Seed for the order of the load, latencies and faults."
)
evidence_option = click.option(
    "--evidence", type=click.Path(path_type=Path), help="Folder for the evidence; a new folder by default."
)


def report_options(command: Any) -> Any:  # noqa: ANN401 - a decorator of whatever click makes
    """Give a command the options that say where its verdict goes."""
    for option in (
        click.option("--json", "json_file", type=REPORT, help="Write the verdict as JSON."),
        click.option("--junit", type=REPORT, help="Write the verdict as JUnit XML."),
        click.option("--markdown", type=REPORT, help="Write the verdict as a Markdown summary."),
        click.option("--verbose", "-v", is_flag=True, help="List every result, also those that passed."),
    ):
        command = option(command)
    return command


def announce(text: str) -> None:
    """Print a line of progress, apart from what the command prints."""
    click.echo(text, err=True)
