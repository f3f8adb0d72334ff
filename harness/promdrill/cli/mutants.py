"""`promdrill mutants`: the named ways to break a system's app, or its rules; lists them, or runs those of the app."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from promdrill.cli.parameters import REPORT, announce
from promdrill.contract import find_folder, load_scenario
from promdrill.drill.rule_mutants import offer
from promdrill.errors import UsageError
from promdrill.mutants import list_mutants


@click.command("mutants")
@click.argument("system", default="content_creation_crew")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--rules", is_flag=True, help="List the mutants of its rules, and those that are not offered, with the reason."
)
@click.option("--run", "run_them", is_flag=True, help="Run all mutants, or those NAMEd, and report which are caught.")
@click.option(
    "--jobs", type=click.IntRange(1), help="Number of apps at a time with --run; by default twice the number of cores."
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Seed for the order of the load, latencies and faults."
)
@click.option("--json", "json_file", type=REPORT, help="Write the results of --run as JSON.")
def command(system: str, names: tuple[str, ...], *, rules: bool, run_them: bool, **options: Any) -> None:  # noqa: ANN401 - the options above
    """List the named ways to break the instrumentation of SYSTEM's app, or run them (`--run`)."""
    scenario = load_scenario(find_folder(system, Path.cwd()))
    if run_them:
        from promdrill.matrix.command import run_and_report  # noqa: PLC0415 - a list needs no stack

        if rules:
            raise UsageError("--run runs the mutants of the app: leave --rules out")
        sys.exit(int(run_and_report(scenario, names, announce=announce, **options)))
    if names or options["json_file"] or options["jobs"]:
        raise UsageError("names, --jobs and --json are for --run")
    if rules:
        offered = offer(scenario)
        for name, rule_mutant in offered.mutants.items():
            click.echo(f"{name:58} {rule_mutant.transformation.what}")
        for name, reason in offered.refused.items():
            click.echo(f"{name:58} not offered: {reason}")
        return
    for mutant in list_mutants(scenario):
        click.echo(f"{mutant.name:38} {mutant.metric:32} {mutant.what}")
