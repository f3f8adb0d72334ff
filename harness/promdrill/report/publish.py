"""Verdicts into files and onto standard output; that one of them cannot be written hides nothing of the others."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
from rich.console import Console

from promdrill.errors import UsageError
from promdrill.report import jsonfile, text
from promdrill.report.junit import write_junit
from promdrill.report.markdown import write_markdown
from promdrill.report.output import complain, discard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from promdrill.model import Verdict

WRITERS: Mapping[str, Callable[[Sequence[Verdict], Path], None]] = {
    "json_file": jsonfile.write_json,
    "junit": write_junit,
    "markdown": write_markdown,
}


class Terminal(Console):
    """A console that falls silent when nobody reads it any more; rich's own would end with 1, a broken promise."""

    def on_broken_pipe(self) -> None:
        """Print nothing from now on."""
        self.quiet = True
        discard(self.file)


def publish(
    verdicts: Sequence[Verdict], print_them: Callable[[Console], None], files: Mapping[str, Path | None]
) -> bool:
    """Write verdicts to the files asked for (keys of WRITERS), print them, and tell whether all of that was possible.

    What was not is told on standard error.
    """
    problems = []
    for name, path in files.items():
        try:
            if path:
                WRITERS[name](verdicts, path)
        except UsageError as error:
            problems.append(str(error))
    try:
        if sys.stdout.isatty():
            print_them(Terminal())
        else:
            click.echo(text.plain_text(print_them), nl=False)
    except BrokenPipeError:
        discard(sys.stdout)  # whoever read it has seen enough
    except OSError as error:
        problems.append(f"cannot print the verdict: {error.strerror or error}")
        discard(sys.stdout)
    for problem in problems:
        complain(problem)
    return not problems
