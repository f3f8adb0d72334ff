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
@click.option("--contract", type=FILE, help="A contract.yml: its metrics, labels and buckets are all there is.")
@click.option("--against", multiple=True, type=FILE, help="An older rule file; say what changed. May be given again.")
@click.option("--emit", type=click.Path(file_okay=False, path_type=Path), help="Keep the promtool tests in a folder.")
@click.option("--json", "json_file", type=REPORT, help="Write what was shown as JSON.")
@click.option("--strict", is_flag=True, help="What is out of reach ends with 3, a change with 1.")
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
