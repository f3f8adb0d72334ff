"""How a command ends: every error becomes a message on standard error and an exit code."""

from __future__ import annotations

import contextlib
import sys
import traceback
from typing import TYPE_CHECKING, Any

import click

from promdrill.errors import Exit, PromdrillError
from promdrill.model import Status
from promdrill.report.output import complain, discard, has_reader
from promdrill_fakes.catalogue import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Iterator

VERDICTS = {Status.PASSED: Exit.PASSED, Status.FAILED: Exit.FAILED, Status.INCONCLUSIVE: Exit.INCONCLUSIVE}
# What shells report of a command that SIGINT, or SIGPIPE, ended.
INTERRUPTED = 130
BROKEN_PIPE = 141


class Commands(click.Group):
    """A group whose commands turn every error into a message and an exit code."""

    def main(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - click's own signature
        """Run the command line, and exit."""
        try:
            return super().main(*arguments, **options)
        except BrokenPipeError:  # from click's own message about wrong use
            _discard_unread()
            sys.exit(Exit.WRONG_USE)

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:  # noqa: ANN401 - click's own signature
        """Parse the command line; prints help and version."""
        with exit_codes():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run a command."""
        with exit_codes():
            return super().invoke(ctx)


@contextlib.contextmanager
def exit_codes() -> Iterator[None]:
    """Turn an error into a message and click's `Exit` with its exit code."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception as error:  # or Python would end with 1, which means a broken promise
        raise click.exceptions.Exit(_exit_code(error)) from error
    except KeyboardInterrupt as error:
        complain("interrupted; all that was started has ended")
        # `python -m` ends by the signal, whatever the exit code, where it came within the exec() of a text, by
        # which dataclasses are made in an import: CPython notes that there, and forgets it with the next.
        exec("")  # noqa: S102 - it runs nothing
        raise click.exceptions.Exit(INTERRUPTED) from error


def _exit_code(error: Exception) -> int:
    match error:
        case PromdrillError():
            complain(str(error))
            return error.exit_code
        case CatalogueError():
            complain(str(error))
            return Exit.WRONG_USE
        case BrokenPipeError() if _discard_unread():
            return BROKEN_PIPE
        case OSError():
            where = f" {error.filename}" if error.filename else ""
            complain(f"the machine refused{where}: {error.strerror or error}")
        case _:
            complain(f"promdrill itself failed: {error!r}, please report it\n{traceback.format_exc().rstrip()}")
    return Exit.INCONCLUSIVE


def _discard_unread() -> bool:
    """Discard what standard output and error still hold, where nobody reads them; tell whether that was so."""
    unread = [stream for stream in (sys.stdout, sys.stderr) if not has_reader(stream)]
    for stream in unread:
        discard(stream)
    return bool(unread)
