"""What a run is doing, while it does it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from promdrill.report.wording import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from rich.console import Console


class Progress:
    """Shows the phases of a run as they go: live on a terminal, one line for each event on a pipe.

    Every line begins with the seconds since the Progress was made. `end_phase` (or leaving the `with` block, however it
    is left) ends the live display and its thread; a Progress can go on after it.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._start = clock()
        # Not is_terminal: FORCE_COLOR makes that true of a pipe.
        self._on_terminal = console.is_interactive and console.file.isatty()
        self._live: Live | None = None
        self._spinner = Spinner("line")
        self._phase: tuple[str, float] | None = None
        self._label = ""
        self._seconds: float | None = None

    def phase(self, name: str, detail: str = "", seconds: float | None = None) -> None:
        """Begin a phase, which ends the one before; `seconds` is how long it is meant to take, where that is known."""
        self._end_phase()
        self._phase = (name, self._clock())
        self._label = printable(f"{name}: {detail}" if detail else name)
        self._seconds = seconds
        if not self._on_terminal:
            self._line(self._label + ("" if seconds is None else f" ({seconds:g} s)"))
        elif self._live is None:
            self._live = Live(get_renderable=self._now, console=self._console, transient=True, refresh_per_second=8)
            self._live.start()

    def note(self, text: str) -> None:
        """Say one thing that happened, on a line that stays."""
        self._line(printable(text))

    def end_phase(self) -> None:
        """End the phase and the live display; harmless when there is none."""
        live, self._live = self._live, None
        try:
            self._end_phase()
        finally:
            if live is not None:
                live.stop()

    def __enter__(self) -> Self:
        """Return itself: the display begins with the first phase."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the display, whatever happened."""
        self.end_phase()

    def _end_phase(self) -> None:
        """On a terminal, leave a line behind for the phase that ends; a pipe has had it already."""
        phase, self._phase = self._phase, None
        if phase is not None and self._on_terminal:
            name, began = phase
            self._line(f"{name} took {self._clock() - began:.1f} s", style="dim")

    def _line(self, text: str, style: str = "") -> None:
        line = Text(f"{self._clock() - self._start:6.1f} s  ", "dim").append(text, style)
        self._console.print(line, soft_wrap=True)

    def _now(self) -> Spinner:
        """Return the line that is drawn afresh: the phase, how long it has taken and is meant to take."""
        _, began = self._phase or ("", self._clock())
        meant = "" if self._seconds is None else f" of {self._seconds:g}"
        self._spinner.update(text=Text(f"{self._clock() - began:6.1f}{meant} s  {self._label}", overflow="ellipsis"))
        return self._spinner
