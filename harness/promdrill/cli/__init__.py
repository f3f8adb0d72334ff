"""The command line: each command is a module of its name in this package, and is imported when it is called."""

from __future__ import annotations

import signal
from importlib import import_module
from types import MappingProxyType
from typing import NoReturn

import click

from promdrill import __version__
from promdrill.cli.errors import Commands

# Every command with what `promdrill --help` says of it. Nothing else of a command is imported for that.
COMMANDS = MappingProxyType(
    {
        "alerts": "Prove every alert of rule files, before a release.",
        "doctor": "List what a run needs, what was found, and what is missing.",
        "explain": "Explain what a check promises and how to fix what it finds.",
        "fake": "Serve fakes for tests of your own.",
        "list": "List the bundled systems.",
        "load": "Load an app without faults, and check its thresholds.",
        "mutants": "List the named ways to break a system's app or rules.",
        "replay": "Run the checks again on saved evidence.",
        "run": "Drill systems: load, faults, alerts, and a verdict.",
        "up": "Start the stack of a system, with its load.",
    }
)


class _Commands(Commands):
    """The group of all commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's own signature
        """Import a command and return it; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's own signature
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="promdrill")
def main() -> None:
    """Fire drills for Prometheus metrics and alerts.

    Exit codes: 0 passed; 1 a promise is broken; 2 wrong use, or nothing to check; 3 inconclusive: could not look.
    """
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
