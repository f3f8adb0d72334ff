"""`promdrill replay`: judge saved evidence again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from promdrill.cli.parameters import report_options
from promdrill.cli.verdict import report
from promdrill.report.progress import Progress
from promdrill.report.publish import Terminal
from promdrill.run import replay


@click.command("replay")
@click.argument("folder", type=click.Path(path_type=Path))
@report_options
def command(folder: Path, **output: Any) -> None:  # noqa: ANN401 - the report options
    """Run the checks again on the evidence in FOLDER, with no stack."""
    with Progress(Terminal(stderr=True)) as progress:
        verdict = replay(folder, progress)
    report(verdict, **output)
