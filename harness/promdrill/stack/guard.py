"""A small process that outlives its parent by a moment, and ends whatever the parent left behind.

Started with the id of a run; its standard input is a pipe that the parent holds. Lines on it say what to remove:
`folder PATH` or `containers RUN`. When the pipe closes, because the parent has finished or was killed, every process
that carries the run's id in its environment is killed, grandchildren included, and what was named is removed. That is
the only way in which a run cleans up, so that the rare case (a kill) is exercised by every ordinary one.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
import time

import psutil

# What a kill does not end by then hangs in the kernel, or is not ours to end.
SECONDS = 10.0


def processes_of(run: str, variable: str) -> list[psutil.Process]:
    """Return the processes that carry a run's id in their environment and are not zombies."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(variable) == run and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue  # ended meanwhile, or not ours to read
    return found


def end_all(run: str, variable: str) -> None:
    """Kill the processes of a run until none is left, or for SECONDS."""
    deadline = time.monotonic() + SECONDS
    while (remaining := processes_of(run, variable)) and time.monotonic() < deadline:
        for process in remaining:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(remaining, timeout=1)


def remove_containers(run: str) -> None:
    """Remove the containers and networks of a run; a killed run, or `docker run`, leaves them to the engine."""
    from promdrill.stack import engine  # noqa: PLC0415 - few runs have any

    with contextlib.suppress(engine.EngineNotFoundError, *engine.ERRORS):
        engine.remove(engine.connect(), run)


def main() -> None:
    """Wait for the end of standard input, then leave nothing of the run behind."""
    variable, run = sys.argv[1:3]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends when its parent has ended, not before
    left = [line.strip().partition(" ")[::2] for line in sys.stdin]
    try:
        end_all(run, variable)
    finally:
        for what, name in left:
            remove_containers(name) if what == "containers" else shutil.rmtree(name, ignore_errors=True)


if __name__ == "__main__":
    main()
