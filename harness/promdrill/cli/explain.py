"""`promdrill explain`: the pages of the checks."""

from __future__ import annotations

import sys

import click
from rich.markdown import Markdown

from promdrill.checks import all_checks, read_page
from promdrill.errors import UsageError, did_you_mean
from promdrill.report.publish import Terminal


@click.command("explain")
@click.argument("check", required=False)
def command(check: str | None) -> None:
    """Explain what CHECK promises and how to fix what it finds. Without CHECK, list the checks."""
    checks = all_checks()
    if check is None:
        width = max(map(len, checks))
        for slug, function in checks.items():
            click.echo(f"{slug:{width}} {(function.__doc__ or '').splitlines()[0]}")
    elif check not in checks:
        raise UsageError(f"there is no check {check!r}{did_you_mean(check, checks)}: {', '.join(checks)}")
    else:
        page = read_page(check)
        Terminal().print(Markdown(page)) if sys.stdout.isatty() else click.echo(page)
