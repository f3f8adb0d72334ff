"""Standard output and error, where a reader may have left. It imports no library but click: every command needs it."""

from __future__ import annotations

import contextlib
import os
import select
import sys
from pathlib import Path
from typing import IO

import click


def has_reader(stream: IO[str]) -> bool:
    """Tell whether a stream can still be read at its other end; of a file or a terminal it always can."""
    try:
        poll = select.poll()
        poll.register(stream, 0)
        return not any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
    except (OSError, ValueError):  # a stream without a descriptor, as in tests
        return True


def discard(stream: IO[str]) -> None:
    """Let what is still to be written go nowhere: a failing flush at exit would replace our exit code by 120."""
    with contextlib.suppress(OSError, ValueError), Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


def complain(what: str) -> None:
    """Print a line on standard error, if anybody reads it."""
    try:
        click.echo(f"promdrill: {what}", err=True)
    except OSError:
        discard(sys.stderr)
