"""`promdrill alerts`: prove the alerts of rule files in virtual time."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from promdrill.cli.parameters import REPORT, announce
from promdrill.prove.command import prove_rules
from promdrill.prove.report import publish

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("alerts")
@click.argument("rules", nargs=-1, required=True, type=FILE)
@click.option("--contract", type=FILE, help="Use only the metrics, labels and buckets of this contract.yml.")
@click.option("--against", multiple=True, type=FILE, help="An older rule file to compare with; can be repeated.")
@click.option(
    "--emit", type=click.Path(file_okay=False, path_type=Path), help="Write the promtool tests into a folder."
)
@click.option("--json", "json_file", type=REPORT, help="Write the results as JSON.")
@click.option("--strict", is_flag=True, help="Exit with 3 if an alert is out of reach, with 1 if behaviour changed.")
def command(  # noqa: PLR0913 - one for each option, as click passes them
    rules: tuple[Path, ...],
    contract: Path | None,
    against: tuple[Path, ...],
    emit: Path | None,
    json_file: Path | None,
    *,
    strict: bool,
) -> None:
    """Prove every alert of rule files before a release, in virtual time: no app, only promtool."""
    report = prove_rules(rules, contract, against, emit, announce)
    publish(report, json_file)
    sys.exit(int(report.exit_code(strict=strict)))
