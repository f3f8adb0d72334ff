"""`promdrill list`: the bundled systems."""

from __future__ import annotations

import click

from promdrill.contract import bundled_systems, load_scenario
from promdrill.conventions import SCENARIOS
from promdrill.report.wording import count


@click.command("list")
def command() -> None:
    """List the bundled systems."""
    for name in bundled_systems():
        contract = load_scenario(SCENARIOS / name).contract
        claims = sum(1 for _ in contract.claims())
        click.echo(
            f"{name}  {count(len(contract.metrics), 'metric')}, {count(len(contract.alerts), 'alert')}, {claims} claims"
        )
