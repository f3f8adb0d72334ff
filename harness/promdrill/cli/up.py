"""`promdrill up`: hold a stack for people who want to look around."""

from __future__ import annotations

from pathlib import Path

import click

from promdrill.cli.parameters import seed_option
from promdrill.cli.verdict import new_folder
from promdrill.contract import find_folder, load_scenario
from promdrill.report.publish import Terminal
from promdrill.up import hold


@click.command("up")
@click.argument("system")
@seed_option
def command(system: str, seed: int) -> None:
    """Start the stack of SYSTEM, with its load, and print the addresses of its parts. Ctrl-C ends it."""
    scenario = load_scenario(find_folder(system, Path.cwd()))
    hold(scenario, seed, new_folder(f"{scenario.contract.system}-up"), Terminal())
