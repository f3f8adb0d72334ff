"""The quick suite: a test that is not pure ends where it would start a process, so that no list of those is kept."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_shared: list[None] = []


@contextlib.contextmanager
def shared() -> Iterator[None]:
    """Let processes be started that many pure tests share."""
    _shared.append(None)
    try:
        yield
    finally:
        _shared.pop()


def leave_impure(event: str, _: object) -> None:
    """Skip the test that is about to start a process: an audit hook of Python."""
    if event == "subprocess.Popen" and not _shared and "PYTEST_CURRENT_TEST" in os.environ:
        pytest.skip("it starts a process: `make test` runs it")
