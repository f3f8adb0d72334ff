"""How promdrill behaves on a command line: every error is a message and an exit code, and files to write are tried."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Any

import click
from promdrill_fakes.catalogue import CatalogueError

from promdrill.errors import Exit, PromdrillError
from promdrill.report.publish import complain, discard

INTERRUPTED = 130  # what shells expect of a command that a signal ended


class ReportPath(click.Path):
    """A file to write a report to, refused before a run rather than after it when its folder is not there."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - click's own signature
        """Return the path."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.parent.is_dir():
            self.fail(f"the folder {path.parent} is not there", param, ctx)
        return path


REPORT = ReportPath(dir_okay=False, writable=True)


class Commands(click.Group):
    """A group whose commands turn every error into a message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run a command."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except PromdrillError as error:
            complain(str(error))
            ctx.exit(int(error.exit_code))
        except CatalogueError as error:
            complain(str(error))
            ctx.exit(int(Exit.WRONG_USE))
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                discard(sys.stdout)
            where = f" {error.filename}" if error.filename else ""
            complain(f"the machine refused{where}: {error.strerror or error}")
            ctx.exit(int(Exit.INCONCLUSIVE))
        except KeyboardInterrupt:
            complain("interrupted; everything that was started has been ended")
            # `python -m` ends by the signal, whatever the exit code, where it came within the exec() of a text, by
            # which dataclasses are made in an import: CPython notes that there, and forgets it with the next.
            exec("")  # noqa: S102
            ctx.exit(INTERRUPTED)
        except Exception as error:  # noqa: BLE001 - Python's own exit code for it is 1, which means a broken promise
            complain(f"promdrill itself failed: {error!r}, please report it\n{traceback.format_exc().rstrip()}")
            ctx.exit(int(Exit.INCONCLUSIVE))
