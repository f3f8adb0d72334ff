"""What several drills are doing, while they do it: one line for each system."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.live import Live
from rich.table import Table
from rich.text import Text

from promdrill.report.wording import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console


class Board:
    """Shows each system with what it is doing: all of them live on a terminal, a line for each change on a pipe.

    Use it as a context manager: on leaving, the live display and its thread have ended.
    """

    def __init__(self, systems: Sequence[str], console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._start = clock()
        self._width = max(map(len, systems), default=0)
        self._doing = dict.fromkeys(systems, "waits")
        # Not is_terminal: FORCE_COLOR makes that true of a pipe.
        live = console.is_interactive and console.file.isatty()
        self._live = Live(get_renderable=self._table, console=console, refresh_per_second=4) if live else None

    def tell(self, system: str, text: str) -> None:
        """Say what a system is doing now; nothing is said twice."""
        text = one_line(text)
        if text == self._doing[system]:
            return
        self._doing[system] = text
        if self._live is None:
            self.note(f"{system:{self._width}}  {text}")

    def note(self, text: str) -> None:
        """Say one thing that happened, on a line that stays."""
        line = Text(f"{self._clock() - self._start:6.1f} s  ", "dim").append(text, "")
        self._console.print(line, soft_wrap=True)

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._live:
            self._live.stop()

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis")
        for system, doing in self._doing.items():
            table.add_row(Text(system), Text(doing))
        table.add_row(Text(f"{self._clock() - self._start:.0f} s", "dim"))
        return table
