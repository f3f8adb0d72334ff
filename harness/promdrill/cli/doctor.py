"""`promdrill doctor`: say whether this machine can do a run."""

from __future__ import annotations

import sys

import click

from promdrill import doctor
from promdrill.cli.parameters import announce


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(*, as_json: bool) -> None:
    """List what a run needs, what was found, and what is missing. Fetches what a run would fetch."""
    text, code = doctor.doctor_report(as_json=as_json, announce=announce)
    click.echo(text)
    sys.exit(int(code))
