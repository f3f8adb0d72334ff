"""`promdrill mutants`: the named ways to break a system's app, or its rules."""

from __future__ import annotations

from pathlib import Path

import click

from promdrill.contract import find_folder, load_scenario
from promdrill.drill.rule_mutants import offer
from promdrill.mutants import list_mutants


@click.command("mutants")
@click.argument("system", default="content_creation_crew")
@click.option("--rules", is_flag=True, help="List those of its rules instead, and which are not offered and why.")
def command(system: str, *, rules: bool) -> None:
    """List the named ways to break the instrumentation of SYSTEM's app."""
    scenario = load_scenario(find_folder(system, Path.cwd()))
    if rules:
        offered = offer(scenario)
        for name, rule_mutant in offered.mutants.items():
            click.echo(f"{name:58} {rule_mutant.transformation.what}")
        for name, reason in offered.refused.items():
            click.echo(f"{name:58} not offered: {reason}")
        return
    for mutant in list_mutants(scenario.drill):
        click.echo(f"{mutant.name:38} {mutant.metric:32} {mutant.what}")
