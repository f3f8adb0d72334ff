from __future__ import annotations

import io
import re
import threading
from itertools import count

import pytest
from rich.console import Console

from promdrill.report.progress import Progress


class Terminal(io.StringIO):
    """What a person would look at."""

    def isatty(self) -> bool:
        """Say that a person is looking."""
        return True


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests see does not depend on where they run."""
    monkeypatch.setenv("TERM", "xterm")


def lines(output: str) -> list[str]:
    """Return what stays on the screen: each line without control sequences and what was drawn over."""
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", output)
    return [kept.rstrip() for line in plain.split("\n") if (kept := line.rsplit("\r", 1)[-1]).strip()]


def test_pipe_gets_one_line_for_each_event() -> None:
    """On a pipe each event is one whole line with the seconds since the start, even with colours forced."""
    out = io.StringIO()
    clock = iter([0.0, 0.5, 0.5, 12.25, 99.0, 99.0]).__next__
    with Progress(Console(file=out, force_terminal=True, color_system=None), clock) as progress:
        progress.phase("baseline", "8 users " + "x" * 100, seconds=10)
        progress.note("HighLLMErrorRate [5m] is firing")
    assert out.getvalue().splitlines() == [
        "   0.5 s  baseline: 8 users " + "x" * 100 + " (10 s)",
        "  12.2 s  HighLLMErrorRate [5m] is firing",
    ]


def test_terminal_keeps_a_line_for_each_phase_that_ended() -> None:
    """On a terminal a phase is drawn live, and leaves a line with its duration."""
    out = Terminal()
    with Progress(Console(file=out, force_terminal=True, force_interactive=True, width=80)) as progress:
        progress.phase("warm-up", seconds=5)
        progress.note("all parts are ready")
        progress.phase("baseline")
    kept = [re.sub(r"[\d.]+ s", "N s", line).strip() for line in lines(out.getvalue())]
    assert [line for line in kept if line.startswith("N s  ")] == [
        "N s  all parts are ready",
        "N s  warm-up took N s",
        "N s  baseline took N s",
    ]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_interrupted_display_leaves_nothing_behind(error: type[BaseException]) -> None:
    """However a run ends, the cursor is shown again and the display's thread ends."""
    out = Terminal()
    before = set(threading.enumerate())
    started: set[threading.Thread] = set()

    def run() -> None:
        with Progress(Console(file=out, force_terminal=True, force_interactive=True, width=80)) as progress:
            progress.phase("faults", "ollama_errors")
            started.update(set(threading.enumerate()) - before)
            raise error

    with pytest.raises(error):
        run()
    for thread in started:
        thread.join(timeout=10)
    assert started
    assert not any(thread.is_alive() for thread in started)
    assert out.getvalue().rindex("\x1b[?25h") > out.getvalue().rindex("\x1b[?25l")


def test_display_can_be_done_twice_and_go_on() -> None:
    """Done without a phase, and done again, do nothing; a phase after it is shown."""
    out = io.StringIO()
    progress = Progress(Console(file=out, force_terminal=False, color_system=None), count().__next__)
    progress.end_phase()
    progress.phase("drain")
    progress.end_phase()
    progress.end_phase()
    progress.phase("checks")
    assert [line.split("  ")[-1] for line in out.getvalue().splitlines()] == ["drain", "checks"]
