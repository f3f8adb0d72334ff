from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from rich.console import Console

from promdrill.report.board import Board

if TYPE_CHECKING:
    import pytest


class Terminal(io.StringIO):
    """What a person would look at."""

    def isatty(self) -> bool:
        """Say that a person is looking."""
        return True


def test_a_pipe_gets_a_line_for_each_change() -> None:
    """Each line has the seconds since the start and the system's name; what is said again is not printed again."""
    out = io.StringIO()
    clock = iter([0.0, 0.5, 2.25, 12.5]).__next__
    with Board(("shop", "till 2"), Console(file=out, force_terminal=True, color_system=None), clock) as board:
        board.tell("shop", "baseline")
        board.tell("shop", "baseline")
        board.tell("till 2", "drain:\nload stopped")
        board.note("prometheus 3.5.3 fetched")
    assert out.getvalue().splitlines() == [
        "   0.5 s  shop    baseline",
        "   2.2 s  till 2  drain: load stopped",
        "  12.5 s  prometheus 3.5.3 fetched",
    ]


def test_a_terminal_shows_all_systems_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal each system keeps its line, and what each was doing last stays there."""
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    console = Console(file=out, force_terminal=True, force_interactive=True, width=60, color_system=None)
    with Board(("shop", "till"), console, lambda: 7.0) as board:
        board.tell("shop", "baseline")
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", out.getvalue()).replace("\r", "\n")
    assert [line.split() for line in plain.splitlines() if line.strip()][-3:] == [
        ["shop", "baseline"],
        ["till", "waits"],
        ["0", "s"],
    ]
