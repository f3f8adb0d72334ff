"""Writes a report whole or not at all."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from promdrill.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write text as UTF-8 so that a reader sees the old file or the whole new one.

    What is not a regular file (a pipe, `/dev/stdout`) is written to directly; a reader that leaves early has seen
    enough. Raises UsageError where the path cannot be written: no such folder, no permission, disk full.
    """
    data = text.encode("utf-8", "backslashreplace")
    try:
        if path.exists() and not path.is_file():
            with contextlib.suppress(BrokenPipeError):
                path.write_bytes(data)
        else:
            _replace(path.resolve(), data)
    except OSError as error:
        raise UsageError(f"cannot write the report {path}: {error.strerror or error}") from error


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
