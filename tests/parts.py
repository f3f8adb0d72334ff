"""What the tests of a run's parts share: pieces of Python to be one, and a look at what it wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill import wait

if TYPE_CHECKING:
    from promdrill.stack.part import Running

IDLE = "import signal; print('up', flush=True); signal.pause()"
# A part that shrugs off being asked to end.
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"


def await_log(running: Running, text: str) -> None:
    """Wait until a part has written something."""

    def probe() -> None:
        if text not in running.tail():
            raise wait.NotYet(running.tail())

    wait.until(probe, what=f"{text!r} in the log", seconds=30, alive=running.check)
